import { afterEach, expect, test } from 'bun:test'
import { openSqlDatabase, type SqlDatabaseOptions } from '#agent-kit/sql/sql-database.ts'
import { silentLog } from '#kernel/log.ts'
import { eventually } from '#support/eventually.ts'
import { freshDatabase } from '#support/postgres.ts'
import { instant, integer, nullable, text } from '#vortex/protocol/fields.ts'

/** The SQL client of the kit against a real PostgreSQL. */

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})
const failureOf = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error)

test('values travel as parameters, and rows come checked', async () => {
  const { meters } = await open()
  const hostile = `'; DROP TABLE readings; -- $1 \\ "`
  expect(
    await meters.change('INSERT INTO readings (id, name, at) VALUES ($1, $2, $3)', [1, hostile, new Date(5_000)]),
  ).toBe(1)
  const answer = { id: integer(), name: text(), at: nullable(instant()) }
  expect(await meters.query('SELECT * FROM readings WHERE name = $1', [hostile], { answer })).toEqual([
    { id: 1, name: hostile, at: 5_000 },
  ])
  const wrong = meters.query('SELECT * FROM readings', [], { answer: { id: text() } })
  expect(await failureOf(wrong)).toMatchObject({ kind: 'bad-answer' })
})

test('whole numbers beyond 2^53 come as texts, and go as they are', async () => {
  const { meters } = await open()
  expect(await meters.query('SELECT $1::bigint AS big', [9_007_199_254_740_993n])).toEqual([
    { big: '9007199254740993' },
  ])
})

test('more rows than the bound are a failure, and none of the rest is read', async () => {
  const { meters } = await open()
  const all = 'SELECT * FROM generate_series(1, 1000000) AS n'
  expect(await failureOf(meters.query(all, [], { rowCountMax: 100 }))).toMatchObject({ kind: 'too-large' })
  expect(await meters.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a stream brings any number of rows in batches, and may be left in the middle', async () => {
  const { meters } = await open({ poolCountMax: 1 })
  const all = 'SELECT n FROM generate_series(1, $1::int) AS n'
  let count = 0
  for await (const batch of meters.stream(all, [2_500], { batchCount: 1_000 })) count += batch.length
  expect(count).toBe(2_500)
  for await (const batch of meters.stream(all, [1_000_000], { batchCount: 10 })) {
    expect(batch).toHaveLength(10)
    break
  }
  // The one connection is free again.
  expect(await meters.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a transaction is all or nothing', async () => {
  const { meters } = await open()
  const insert = 'INSERT INTO readings (id) VALUES ($1)'
  await meters.transaction(async (tx) => {
    await tx.change(insert, [1])
    await tx.change(insert, [2])
  })
  const bug = new Error('the plugin thought again')
  const undone = meters.transaction(async (tx) => {
    await tx.change(insert, [3])
    throw bug
  })
  expect(await failureOf(undone)).toBe(bug)
  expect(await failureOf(meters.transaction((tx) => tx.change(insert, [1])))).toMatchObject({
    kind: 'refused',
    facts: { code: '23505' },
  })
  expect(await meters.query('SELECT count(*)::int AS n FROM readings')).toEqual([{ n: 2 }])
})

test('a transaction takes nothing after its end', async () => {
  const { meters } = await open()
  let late: Promise<unknown> | undefined
  const ended = Promise.withResolvers<void>()
  await meters.transaction(async (tx) => {
    late = failureOf(ended.promise.then(() => tx.change('INSERT INTO readings (id) VALUES (9)')))
  })
  ended.resolve()
  expect(await late).toMatchObject({ kind: 'bad-input' })
  expect(await meters.query('SELECT id FROM readings')).toEqual([])
})

test('a transaction that the database asks to repeat is repeated where that was said', async () => {
  const { meters } = await open()
  let tries = 0
  const work = meters.transaction(
    async (tx) => {
      tries++
      await tx.change('INSERT INTO readings (id) VALUES (7)')
      if (tries === 1) await tx.query("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'again'; END $$")
      return tries
    },
    { isRepeatable: true },
  )
  expect(await work).toBe(2)
  expect(await meters.query('SELECT id FROM readings')).toEqual([{ id: 7 }])
})

test('a statement that takes too long is cancelled on the server', async () => {
  const { meters } = await open()
  const slow = meters.query('SELECT pg_sleep(600)', [], { tryTimeoutMs: 100 })
  expect(await failureOf(slow)).toMatchObject({ kind: 'timeout' })
  const running =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
  await eventually('the server runs it no more', async () => {
    const [row] = await meters.query(running, [], { answer: { n: integer() } })
    return row?.n === 0
  })
})

test('what goes wrong is named by its kind, without the values and the password', async () => {
  const { meters, url } = await open()
  const wrong = await failureOf(meters.query('SELECT nothing FROM nowhere WHERE id = $1', ['a-secret-value']))
  expect(wrong).toMatchObject({ kind: 'refused', facts: { code: '42P01' } })
  expect(Bun.inspect(wrong)).not.toContain('a-secret-value')
  const nobody = new URL(url)
  nobody.username = 'nobody'
  nobody.password = 'not-the-password'
  const stranger = await failureOf(connect({ url: nobody.href, retryCountMax: 0 }).query('SELECT 1'))
  expect(Bun.inspect(stranger)).not.toContain('not-the-password')
  expect(stranger).toMatchObject({ kind: 'refused' })
  const nowhere = await failureOf(connect({ url: 'postgres://a:b@127.0.0.1:1/x', retryCountMax: 0 }).query('SELECT 1'))
  expect(nowhere).toMatchObject({ kind: 'unreachable', effect: 'none' })
  expect(() => connect({ url: 'mysql://a:b@c/d' })).toThrow('wanted "postgres://')
})

test('a connection that the server ends is made again', async () => {
  const { meters } = await open({ poolCountMax: 1, firstRetryDelayMs: 1, retryDelayMsMax: 5 })
  await failureOf(meters.query('SELECT pg_terminate_backend(pg_backend_pid())'))
  expect(await meters.query('SELECT 1 AS one', [], { isRepeatable: true })).toEqual([{ one: 1 }])
})

test('a connection that the server ends inside a transaction is told as that, and nothing of it is kept', async () => {
  const { meters } = await open()
  const cut = meters.transaction(async (tx) => {
    await tx.change('INSERT INTO readings (id) VALUES (1)')
    await tx.query('SELECT pg_terminate_backend(pg_backend_pid())')
  })
  expect(await failureOf(cut)).toMatchObject({ name: 'OutsideFailure', kind: 'unreachable' })
  expect(await meters.query('SELECT id FROM readings', [], { isRepeatable: true })).toEqual([])
})

async function open(options: Partial<SqlDatabaseOptions> = {}) {
  const database = await freshDatabase()
  cleanUps.push(() => database[Symbol.asyncDispose]())
  const meters = connect({ url: database.url, ...options })
  await meters.change('CREATE TABLE readings (id int PRIMARY KEY, name text, at timestamptz)')
  return { meters, url: database.url }
}

function connect(options: Partial<SqlDatabaseOptions> & { url: string }) {
  const context = { log: silentLog, signal: new AbortController().signal, onStop: () => undefined }
  const meters = openSqlDatabase(context, { system: 'meters', kind: 'postgres', ...options })
  cleanUps.push(() => meters.close())
  return meters
}
