/** Snapshots from a real read model: rows and checkpoint of one moment, and what is refused. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { text, uuid } from 'drizzle-orm/pg-core'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { toPosition } from '#kernel/position.ts'
import { defineObservable } from '#observable/source/define-observable.ts'
import { createSnapshotSource, type SnapshotSource } from '#observable/source/snapshot-source.ts'
import { defineProjection } from '#projection/define-projection.ts'
import { openReadModel } from '#projection/open-read-model.ts'
import { defineReadModel } from '#projection/read-model.ts'
import { upsertRows } from '#storage/bulk-write.ts'
import { type Database, openDatabase } from '#storage/database.ts'
import { instant as instantColumn } from '#storage/instant.ts'
import { migrate } from '#storage/migrate.ts'
import { type FreshDatabase, freshDatabase } from '#support/postgres.ts'
import { nullable, text as textField } from '#vortex/protocol/fields.ts'
import { adminRole, type Principal } from '#vortex/protocol/principal.ts'
import { snapshotRowsMax } from '#vortex/protocol/snapshot.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'

const model = defineReadModel('crews', 'roster', (schema) => ({
  members: schema.table('members', { id: uuid().primaryKey(), team: text(), since: instantColumn() }),
}))
const Member = defineTuple('crews.Member', { id: textField(), team: nullable(textField()) })
const Secret = defineTuple('crews.Secret', { id: textField() })
const WithBadge = defineTuple('crews.Badge', { id: textField(), badge: nullable(textField()) })
const Unmade = defineTuple('crews.Unmade', { id: textField() })
const unmade = defineReadModel('crews', 'unmade', (schema) => ({
  rows: schema.table('rows', { id: uuid().primaryKey() }),
}))
const later = defineReadModel('crews', 'roster', (schema) => ({
  members: schema.table('members', { id: uuid().primaryKey(), team: text(), badge: text() }),
}))
const guest: Principal = { user: 'guest', device: 'd', service: 'field', roles: [] }
const [red, blue, none] = [newUuid(), newUuid(), newUuid()]
const since = '2026-01-02T03:04:05.000Z'

let fresh: FreshDatabase
let database: Database
let source: SnapshotSource
let incarnation: string

beforeAll(async () => {
  fresh = await freshDatabase()
  const folder = join(import.meta.dir, '../../migrations')
  await migrate({ url: fresh.url, sets: [{ id: 'platform', folder }], log: silentLog })
  database = openDatabase({ url: fresh.url, log: silentLog, applicationName: 'test' })
  const { sql } = database
  const definition = defineProjection({ version: 2, model, on: () => [] })
  incarnation = (await openReadModel({ sql, definition, epoch: 1 })).incarnation
  await upsertRows(sql, model.tables.members, [
    { id: red, team: 'red', since },
    { id: blue, team: 'blue', since },
    { id: none, team: null, since: null },
  ])
  source = createSnapshotSource({
    sql,
    observables: [
      defineObservable(Member, {
        from: model,
        table: 'members',
        selector: ['team', 'id'],
        orderBy: ['team'],
      }),
      { ...defineObservable(Secret, { from: model, table: 'members', access: 'admin' }), selectorFields: ['since'] },
      defineObservable(WithBadge, { from: later, table: 'members' }),
      defineObservable(Unmade, { from: unmade, table: 'rows' }),
    ],
  })
})
afterAll(async () => {
  await database.close()
  await fresh[Symbol.asyncDispose]()
})

test('O1 a snapshot is the rows of a selector at the checkpoint of the read model', async () => {
  const { meta, rows } = await source.snapshot('crews.Member', { team: 'red' }, guest)
  expect(rows).toEqual([{ id: red, team: 'red' }])
  expect(meta).toEqual({
    feed: 'crews.roster',
    table: 'members',
    incarnation,
    version: 2,
    position: toPosition(0n, 0n),
    fields: ['id', 'team'],
    keyedBy: ['id'],
    orderBy: ['team'],
    selectorFields: ['team', 'id'],
    access: 'everyone',
  })
})

test('a selector picks by any of its fields, a null picks what has no value, and none picks all', async () => {
  const idsOf = async (selector: { [field: string]: string | null }) =>
    (await source.snapshot('crews.Member', selector, guest)).rows.map(({ id }) => id)
  expect(await idsOf({ team: null })).toEqual([none])
  expect(await idsOf({ team: 'red', id: blue })).toEqual([])
  expect((await idsOf({})).length).toBe(3)
})

test('refuses what does not exist, what is not allowed and what does not fit, each in its own words', async () => {
  const refusals = [
    ['crews.Membr', {}, 'not-found', 'There is no observable "crews.Membr"; did you mean "crews.Member"?'],
    ['poles.Pole', {}, 'unavailable', 'poles.Pole cannot be shown: no plugin "poles" that has observables runs here.'],
    ['crews.Secret', {}, 'forbidden', 'crews.Secret is for administrators; you are signed in as guest.'],
    ['crews.Member', { age: 3 }, 'bad-input', 'The selector of crews.Member has a field "age": it picks by team, id.'],
    ['crews.Member', { team: 3 }, 'bad-input', 'The selector of crews.Member has team as 3: wanted a string.'],
    ['crews.Unmade', {}, 'unavailable', 'The read model of crews.unmade is being made.'],
  ] as const
  for (const [name, selector, kind, message] of refusals)
    await expect(source.snapshot(name, selector, guest)).rejects.toMatchObject({ kind, message })
})

test('O3 refuses a value in another spelling than the rows have: no change would ever match it', async () => {
  const admin = { ...guest, roles: [adminRole] }
  expect((await source.snapshot('crews.Secret', { since }, admin)).rows).toHaveLength(2)
  const other = '2026-01-02T04:04:05+01:00'
  await expect(source.snapshot('crews.Secret', { since: other }, admin)).rejects.toMatchObject({
    kind: 'bad-input',
    message: `The selector of crews.Secret has since as "${other}": wanted "${since}".`,
  })
})

test('says that rows are being rebuilt where the tables of an earlier version lack what is shown', async () => {
  await expect(source.snapshot('crews.Badge', {}, guest)).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('being rebuilt'),
  })
})

test('O5 refuses more rows than a screen can show', async () => {
  const { schemaName } = model
  await database.sql.unsafe(
    `insert into "${schemaName}".members (id, team) select gen_random_uuid(), 'crowd' from generate_series(0, ${snapshotRowsMax})`,
  )
  await expect(source.snapshot('crews.Member', { team: 'crowd' }, guest)).rejects.toMatchObject({ kind: 'too-large' })
  expect((await source.snapshot('crews.Member', { team: 'red' }, guest)).rows).toHaveLength(1)
})
