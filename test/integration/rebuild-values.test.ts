/** P4: every kind of column, and keys of several columns, through shadow, proof and comparison on a real Postgres. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { bigint, boolean, doublePrecision, integer, jsonb, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { defineProjection, type ProjectionDefinition } from '#projection/define-projection.ts'
import { openReadModel } from '#projection/open-read-model.ts'
import { defineReadModel } from '#projection/read-model.ts'
import { createDifferenceFinder } from '#projection/rebuild/differences/create-difference-finder.ts'
import { readDifferences } from '#projection/rebuild/differences/read-differences.ts'
import { createRebuildProver } from '#projection/rebuild/proof/create-rebuild-prover.ts'
import { keyText, shapeOf } from '#projection/table-shape.ts'
import { upsertRows } from '#storage/bulk-write.ts'
import type { Client } from '#storage/client.ts'
import { instant } from '#storage/instant.ts'
import { buildShadow } from '#support/build-shadow.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { testSeed } from '#testing/test-seed.ts'

const model = defineReadModel('test', 'values', (schema) => ({
  readings: schema.table(
    'readings',
    {
      place: text('place').notNull(),
      slot: integer('slot').notNull(),
      heardAt: instant('heard_at'),
      id: uuid('id'),
      size: bigint('size', { mode: 'number' }),
      level: doublePrecision('level'),
      isOpen: boolean('is_open'),
      details: jsonb('details'),
      note: text('note'),
    },
    (table) => [primaryKey({ columns: [table.place, table.slot] })],
  ),
  counts: schema.table('counts', { n: integer('n').primaryKey(), hits: integer('hits').notNull() }),
}))
const columns = ['place', 'slot', 'heardAt', 'id', 'size', 'level', 'isOpen', 'details', 'note']
const watchedFields = {
  readings: { shown: columns, pickedBy: ['place'] },
  counts: { shown: ['n', 'hits'], pickedBy: [] },
}
const values = defineProjection({
  version: 1,
  model,
  on: (_, onAny) => [
    onAny(({ data }, { readings, counts }) => {
      readings.upsert([String(data.place), Number(data.slot)], () => data as never)
      counts.upsert(Number(data.slot), (row) => ({ n: Number(data.slot), hits: (row?.hits ?? 0) + 1 }))
    }),
  ],
}) as ProjectionDefinition

const texts = ['', 'a', '["a",1]', 'a b', 'ä\u{1f600}', 'NULL', '\\', '"', '\ud800', 'a\u0000b', "it's"]
const orNull = <T>(random: Random, value: T): T | null => (random() < 0.2 ? null : value)

function randomReading(random: Random) {
  const nested = { z: random(), a: [1e21, 0.1 + 0.2, null, { b: pickOne(random, texts), 'a b': true }] }
  return {
    place: pickOne(random, texts),
    slot: Math.floor(random() * 5) - 2,
    heardAt: orNull(random, new Date(Math.floor(random() * 2e12)).toISOString()),
    id: orNull(random, newUuid().toUpperCase()),
    size: orNull(random, Math.floor((random() - 0.5) * 2 ** 53)),
    level: orNull(random, pickOne(random, [random(), -0, 1e-300, 1e300, 5e-324])),
    isOpen: orNull(random, random() < 0.5),
    details: orNull(random, pickOne(random, [nested, [], {}, 'text', 0, false])),
    note: orNull(random, pickOne(random, texts)),
  }
}

let fresh: MigratedDatabase
let sql: Client

beforeAll(async () => {
  fresh = await migratedDatabase(3)
  sql = fresh.sql
}, 120_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})

test('a key is found again in its text, whatever it holds', () => {
  const { readings, counts } = model.tables
  for (const place of texts) {
    const key = shapeOf(readings).cleanKey([place, -1])
    expect(shapeOf(readings).parseKey(keyText(key))).toEqual(key)
  }
  expect(shapeOf(counts).parseKey(keyText(-7))).toBe(-7)
})

test('P4 random rows of every kind are proved, compare as equal, and one bent value is found by both', async () => {
  const seed = testSeed()
  const random = createSeededRandom(seed)
  const store = createMemoryEventStore()
  for (let i = 0; i < 150; i++)
    await recordEvents(store, `r${i % 20}`, [{ type: 'test.Heard', data: randomReading(random) as never }])
  const upTo = await store.head()
  const { schema, plan, changes, isParked } = await buildShadow({ sql, store, definition: values, upTo })
  await openReadModel({ sql, definition: values, epoch: 1 })
  for (const [table, rows] of changes)
    await upsertRows(
      sql,
      model.tables[table as keyof typeof model.tables],
      rows.flatMap(({ after }) => (after ? [after] : [])),
    )

  const places = { definition: values, shadowSchema: schema, sql }
  const prove = () => {
    const prover = createRebuildProver({ ...places, log: silentLog })
    prover.note(plan, upTo, isParked)
    return prover.prove()
  }
  const finder = createDifferenceFinder({ ...places, watchedFields, store })
  expect([await prove(), seed]).toMatchObject([{ outcome: 'equal', sampleShare: 1 }, seed])
  expect([await finder.compare(), seed]).toEqual([{ added: 0, removed: 0, changed: 0 }, seed])
  expect(await finder.meet()).toEqual({})

  for (const [column, value] of [
    ['heard_at', 'now()'],
    ['id', 'gen_random_uuid()'],
    ['size', 'coalesce(size, 0) + 1'],
    // Something added to 1e300 would be nothing.
    ['level', 'case when level = 7.5 then 8.5 else 7.5 end'],
    ['is_open', 'is_open is not true'],
    ['details', `'{"other":1}'`],
    ['note', `'bent'`],
  ]) {
    const one = `(place, slot) = (select place, slot from "${schema}".readings order by place, slot limit 1)`
    const [before] = await sql.unsafe(
      `select ${column}::text as was, place, slot from "${schema}".readings where ${one}`,
    )
    await sql.unsafe(`update "${schema}".readings set ${column} = ${value} where ${one}`)
    const key = keyText([String(before?.place), Number(before?.slot)])
    const words = `${column}, seed ${seed}`
    const proof = await prove()
    expect([proof.outcome, proof.examples, words]).toEqual(['different', [{ table: 'readings', key }], words])
    expect([await finder.compare(), words]).toEqual([{ added: 0, removed: 0, changed: 1 }, words])
    expect(await finder.meet()).toEqual({ readings: [key] })
    const [found] = await readDifferences({ ...places, after: null, countMax: 10 })
    expect([found?.table, found?.key]).toEqual(['readings', key])
    const type = { heard_at: 'timestamptz', is_open: 'boolean', details: 'jsonb', level: 'float8', size: 'bigint' }
    const cast = type[column as keyof typeof type] ?? (column === 'id' ? 'uuid' : 'text')
    await sql.unsafe(`update "${schema}".readings set ${column} = $1::text::${cast} where ${one}`, [before?.was])
  }
  expect([(await prove()).outcome, seed]).toEqual(['equal', seed])
}, 120_000)

test('O2 who saw a row before is known by selectors of the same type only: else watchers look again', async () => {
  const store = createMemoryEventStore()
  const { schema } = await buildShadow({ sql, store, definition: values, upTo: await store.head() })
  await openReadModel({ sql, definition: values, epoch: 1 })
  const meet = async (pickedBy: readonly string[]) => {
    const watched = { readings: { shown: columns, pickedBy } }
    const finder = createDifferenceFinder({
      definition: values,
      shadowSchema: schema,
      sql,
      watchedFields: watched,
      store,
    })
    await finder.compare()
    const found = await finder.meet()
    return found === 'too-many' ? found : 'known'
  }
  const alter = (change: string) => sql.unsafe(`alter table "${model.schemaName}".readings ${change}`)
  expect(await meet(['place', 'note'])).toBe('known')
  await alter('alter column note type varchar(40)')
  expect([await meet(['place', 'note']), await meet(['place'])]).toEqual(['too-many', 'known'])
  await alter('drop column note')
  expect(await meet(['place', 'note'])).toBe('known')
})
