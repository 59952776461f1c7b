/** O1: what is read while tables are swapped again and again, by transactions and by prepared statements. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { toPosition } from '#kernel/position.ts'
import { defineObservable } from '#observable/source/define-observable.ts'
import { createSnapshotSource } from '#observable/source/snapshot-source.ts'
import { createCheckpointTable, findCheckpoint, saveFirstCheckpoint } from '#projection/checkpoint.ts'
import { shapeHash } from '#projection/open-read-model.ts'
import { shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { dropGoneTables, swapSchemas } from '#projection/rebuild/swap-schemas.ts'
import { upsertRows } from '#storage/bulk-write.ts'
import { type Client, openClient } from '#storage/client.ts'
import { createReadModelSchema } from '#storage/create-tables.ts'
import { selectRowsWhere } from '#storage/select-rows.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { counterModel, counters } from '#testing/counter-model.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'

const live = counterModel.schemaName
const shadow = shadowSchemaOf(live)
const Counter = defineTuple('test.Counter', { id: text(), sum: integer() })
const guest: Principal = { user: 'guest', device: 'd', service: 'field', roles: [] }
const rowCount = 300
const swapCount = 60
const readerCount = 6

let fresh: MigratedDatabase
let readers: Client

beforeAll(async () => {
  fresh = await migratedDatabase(2)
  readers = openClient({ url: fresh.url, log: silentLog, applicationName: 'readers', maxConnections: readerCount * 2 })
}, 120_000)
afterAll(async () => {
  await readers?.end({ timeout: 1 })
  await fresh?.[Symbol.asyncDispose]()
})

/** Tables of a life in which every counter says the number of the life, which is also its position. */
async function makeLife(schema: string, life: number): Promise<void> {
  const tables = counterModel.build(schema)
  const { sql } = fresh
  await createReadModelSchema(sql, { schema, tables: Object.values(tables) })
  await createCheckpointTable(sql, schema)
  const first = { incarnation: newUuid(), version: counters.version, shape: shapeHash(counters), epoch: 1 }
  await saveFirstCheckpoint(sql, schema, first)
  await sql.unsafe(`update "${schema}".checkpoint set position = $1`, [placeOf(life)])
  const rows = Array.from({ length: rowCount }, (_, index) => ({ id: `c${index}`, sum: life, note: '' }))
  await upsertRows(sql, tables.counters, rows)
}
const placeOf = (life: number) => toPosition(BigInt(life), BigInt(life))

test('O1 every read finds one life whole, and none fails', async () => {
  await makeLife(live, 0)
  const observable = defineObservable(Counter, { from: counterModel, table: 'counters' })
  const source = createSnapshotSource({ sql: readers, observables: [observable] })
  let isOver = false
  let [snapshotCount, statementCount] = [0, 0]

  const snapshots = async (): Promise<void> => {
    while (!isOver) {
      const { meta, rows } = await source.snapshot(Counter.name, {}, guest)
      snapshotCount++
      const lives = new Set(rows.map((row) => placeOf(Number(row.sum))))
      expect([rows.length, [...lives]]).toEqual([rowCount, [meta.position as never]])
    }
  }
  const statements = async (): Promise<void> => {
    const { counters: table } = counterModel.tables
    while (!isOver) {
      const rows = await selectRowsWhere(readers, { table, fields: ['sum'], where: {}, countMax: 1_000 })
      const plain =
        await readers`select count(*)::int as n, min(sum) as first, max(sum) as last from ${readers(live)}.counters`
      statementCount += 2
      expect([rows.length, new Set(rows.map(({ sum }) => sum)).size]).toEqual([rowCount, 1])
      expect([plain[0]?.n, plain[0]?.first]).toEqual([rowCount, plain[0]?.last])
    }
  }
  const reading = Promise.all([
    ...Array.from({ length: readerCount }, snapshots),
    ...Array.from({ length: readerCount }, statements),
  ])
  reading.catch(() => {
    isOver = true
  })

  const swapMs: number[] = []
  for (let life = 1; life <= swapCount && !isOver; life++) {
    await makeLife(shadow, life)
    const found = await findCheckpoint(fresh.sql, live)
    swapMs.push(
      await swapSchemas(fresh.sql, {
        projection: 'test.counters',
        liveSchema: live,
        liveIncarnation: found?.incarnation ?? '',
        incarnation: newUuid(),
        shadowSchema: shadow,
        position: placeOf(life),
        version: counters.version,
        shape: shapeHash(counters),
        epoch: 1,
      }),
    )
    await dropGoneTables(fresh.sql, 'test.counters', live)
  }
  isOver = true
  await reading
  expect(swapMs).toHaveLength(swapCount)
  expect([snapshotCount > swapCount, statementCount > swapCount]).toEqual([true, true])
  swapMs.sort((a, b) => a - b)
  console.log(
    JSON.stringify({
      swaps: swapCount,
      snapshots: snapshotCount,
      statements: statementCount,
      swapMsMedian: swapMs[swapCount / 2],
      swapMsMax: swapMs.at(-1),
    }),
  )
}, 120_000)
