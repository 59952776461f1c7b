/** Bulk writes, and the tables they go to, on a real server. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  type PgSchema,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { deleteRows, selectRowsByKey, upsertRows } from '#storage/bulk-write.ts'
import { createReadModelSchema, dropReadModelSchema } from '#storage/create-tables.ts'
import { type Database, openDatabase } from '#storage/database.ts'
import { instant } from '#storage/instant.ts'
import { type Row, toPlainRow } from '#storage/row-codec.ts'
import { type FreshDatabase, freshDatabase } from '#support/postgres.ts'
import { testSeed } from '#testing/test-seed.ts'

const defineTables = (schema: PgSchema) => {
  const tasks = schema.table(
    'tasks',
    {
      id: uuid().primaryKey(),
      title: text().notNull().default("it's new"),
      code: varchar({ length: 8 }),
      count: integer().notNull().default(0),
      sizeBytes: bigint('size_bytes', { mode: 'number' }),
      isOpen: boolean('is_open').default(true),
      latitude: doublePrecision(),
      changedAt: timestamp('changed_at', { withTimezone: true, mode: 'string' }),
      heardAt: timestamp('heard_at', { withTimezone: true, mode: 'date' }),
      seenAt: instant('seen_at'),
      details: jsonb().default({ tags: [] }),
    },
    (table) => [index('tasks_by_title').on(table.title, table.count.desc())],
  )
  const readings = schema.table(
    'readings',
    { sensor: text().notNull(), hour: integer().notNull(), value: doublePrecision() },
    (table) => [primaryKey({ columns: [table.sensor, table.hour] })],
  )
  const marks = schema.table('marks', { name: text().primaryKey() })
  return { tasks, readings, marks }
}
const { tasks, readings, marks } = defineTables(pgSchema('pl_x__y'))
const readModel = { schema: 'pl_x__y', tables: [tasks, readings, marks] }

let fresh: FreshDatabase
let database: Database
beforeAll(async () => {
  fresh = await freshDatabase()
  database = openDatabase({ url: fresh.url, log: silentLog, applicationName: 'test' })
  await database.sql.begin((tx) => createReadModelSchema(tx, readModel))
}, 120_000)
afterAll(async () => {
  await database?.close()
  await fresh?.[Symbol.asyncDispose]()
})

const oddTexts = [
  '',
  'plain',
  "it's",
  '"quoted", {x}',
  'back\\slash \\u0000',
  'NULL',
  'null',
  'Ünïcödé 🚜',
  '\u0000',
  'a\ud800b',
  ' \t\n',
]

function makeTask(random: Random): Row {
  const maybe = <T>(value: T) => (random() < 0.2 ? null : value)
  const moment = Math.floor(random() * 4e12) - 1e12
  return {
    id: newUuid(),
    title: pickOne(random, oddTexts),
    code: maybe(pickOne(random, ['', 'ab', '🚜🚜🚜🚜🚜🚜🚜🚜'])),
    count: pickOne(random, [0, -0, 1, -2_147_483_648, 2_147_483_647]),
    sizeBytes: maybe(pickOne(random, [0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])),
    isOpen: maybe(random() < 0.5),
    latitude: maybe(pickOne(random, [random() * 1e-300, random(), -0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2])),
    changedAt: maybe(new Date(moment).toISOString()),
    heardAt: maybe(moment),
    seenAt: maybe(
      pickOne(random, [new Date(moment).toISOString(), '0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']),
    ),
    details: maybe(makeJson(random, 3)),
  }
}

function makeJson(random: Random, depth: number): unknown {
  if (depth === 0 || random() < 0.3) return pickOne(random, [...oddTexts, 0, -0, 1e21, 5e-324, 0.1, true, false, 'x'])
  if (random() < 0.5) return [makeJson(random, depth - 1), null, makeJson(random, depth - 1)]
  return {
    [pickOne(random, oddTexts)]: makeJson(random, depth - 1),
    __proto: null,
    nested: makeJson(random, depth - 1),
  }
}

describe('bulk write', () => {
  test('reads back any row as it says it will', async () => {
    const seed = testSeed()
    console.log(`storage-rows seed ${seed}`)
    const random = createSeededRandom(seed)
    const rows = Array.from({ length: 600 }, () => makeTask(random))
    const read = await database.sql.begin(async (tx) => {
      await upsertRows(tx, tasks, rows)
      return selectRowsByKey(tx, tasks, rows)
    })
    expect(read).toEqual(rows.map((row) => toPlainRow(tasks, row)))

    const byDrizzle = await database.db.select({ id: tasks.id, seenAt: tasks.seenAt }).from(tasks)
    expect(new Map(byDrizzle.map(({ id, seenAt }) => [id, seenAt]))).toEqual(
      new Map(rows.map((row) => [String(row.id), row.seenAt as string | null])),
    )
  })

  test('reads instants alike whatever the time zone of the session', async () => {
    const id = newUuid()
    const row = { id, seenAt: '2026-07-01T12:00:00.007Z', heardAt: 7, changedAt: '1999-12-31T23:59:59.000Z' }
    const read = await database.sql.begin(async (tx) => {
      await tx`set local time zone 'Asia/Kolkata'`
      await upsertRows(tx, tasks, [row])
      return selectRowsByKey(tx, tasks, [row])
    })
    expect(read).toMatchObject([row])
    const zoned = await database.db.transaction(async (tx) => {
      await tx.execute("set local time zone 'Asia/Kolkata'")
      return tx.select({ seenAt: tasks.seenAt }).from(tasks).where(eq(tasks.id, id))
    })
    expect(zoned).toEqual([{ seenAt: row.seenAt }])
  })

  test('writes more rows than one statement takes', async () => {
    const rows = Array.from({ length: 12_001 }, (_, hour) => ({ sensor: 's', hour, value: hour / 3 }))
    const read = await database.sql.begin(async (tx) => {
      await upsertRows(tx, readings, rows)
      return selectRowsByKey(tx, readings, rows)
    })
    expect(read).toEqual(rows)
  }, 120_000)

  test('replaces the row of a composite key and leaves its neighbours', async () => {
    const read = await database.sql.begin(async (tx) => {
      await upsertRows(
        tx,
        readings,
        [1, 2].map((hour) => ({ sensor: 'a', hour, value: 1 })),
      )
      await upsertRows(tx, readings, [{ sensor: 'a', hour: 2, value: null }])
      return selectRowsByKey(tx, readings, [
        { sensor: 'a', hour: 2 },
        { sensor: 'b', hour: 1 },
        { sensor: 'a', hour: 1 },
      ])
    })
    expect(read).toEqual([
      { sensor: 'a', hour: 2, value: null },
      { sensor: 'a', hour: 1, value: 1 },
    ])
  })

  test('deletes the named keys alone', async () => {
    const read = await database.sql.begin(async (tx) => {
      const rows = [1, 2, 3].map((hour) => ({ sensor: 'd', hour, value: hour }))
      await upsertRows(tx, readings, rows)
      await deleteRows(tx, readings, [
        { sensor: 'd', hour: 2 },
        { sensor: 'nobody', hour: 2 },
      ])
      return selectRowsByKey(tx, readings, rows)
    })
    expect(read.map(({ hour }) => hour)).toEqual([1, 3])
  })

  test('writes a table that is all key, again and again', async () => {
    const read = await database.sql.begin(async (tx) => {
      await upsertRows(tx, marks, [{ name: 'a' }])
      await upsertRows(tx, marks, [{ name: 'a' }, { name: 'b' }])
      return selectRowsByKey(tx, marks, [{ name: 'a' }, { name: 'b' }])
    })
    expect(read).toEqual([{ name: 'a' }, { name: 'b' }])
  })

  test('works without rows', async () => {
    const read = await database.sql.begin(async (tx) => {
      await upsertRows(tx, marks, [])
      await deleteRows(tx, marks, [])
      return selectRowsByKey(tx, marks, [])
    })
    expect(read).toEqual([])
  })

  test('refuses a key given twice', async () => {
    const twice = database.sql.begin((tx) => upsertRows(tx, marks, [{ name: 'a' }, { name: 'a' }]))
    await expect(twice).rejects.toThrow('each key once')
  })

  test('serves drizzle the rows it wrote', async () => {
    const id = newUuid()
    await database.sql.begin((tx) => upsertRows(tx, tasks, [{ id, title: 'by drizzle', details: { a: [1] } }]))
    const found = await database.db.select().from(tasks)
    const task = found.find((row) => row.id === id)
    expect(task).toMatchObject({ title: 'by drizzle', count: 0, isOpen: true, details: { a: [1] } })
  })
})

describe('read model schema', () => {
  test('is created twice without harm, with its indexes', async () => {
    await database.sql.begin((tx) => createReadModelSchema(tx, readModel))
    const found = await database.sql`select indexdef from pg_indexes where schemaname = 'pl_x__y' order by indexname`
    const definitions = found.map(({ indexdef }) => String(indexdef))
    expect(definitions).toHaveLength(4)
    expect(definitions.find((text) => text.includes('tasks_by_title'))).toContain('(title, count DESC NULLS LAST)')
  })

  test('gives columns their literal defaults', async () => {
    await database.sql`insert into pl_x__y.tasks (id) values ('00000000-0000-4000-8000-000000000001')`
    const id = '00000000-0000-4000-8000-000000000001'
    const [read] = await database.sql.begin((tx) => selectRowsByKey(tx, tasks, [{ id }]))
    expect(read).toEqual(toPlainRow(tasks, { id }))
  })

  test('exists beside its shadow, made by the same definition, and is dropped alone', async () => {
    const shadow = defineTables(pgSchema('pl_x__y__new'))
    await database.sql.begin(async (tx) => {
      await createReadModelSchema(tx, { schema: 'pl_x__y__new', tables: [shadow.tasks, shadow.readings] })
      await upsertRows(tx, shadow.readings, [{ sensor: 'shadow', hour: 1, value: 1 }])
      await dropReadModelSchema(tx, 'pl_x__y__new')
    })
    const [row] =
      await database.sql`select to_regclass('pl_x__y__new.tasks') as shadow, to_regclass('pl_x__y.tasks') as live`
    expect(row?.shadow).toBeNull()
    expect(row?.live).not.toBeNull()
  })
})
