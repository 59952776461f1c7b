import { afterEach, expect, test } from 'bun:test'
import { openSqlDatabase, type SqlDatabaseOptions } from '#agent-kit/sql/sql-database.ts'
import { silentLog } from '#kernel/log.ts'
import { eventually } from '#support/eventually.ts'
import { type MysqlAnswer, startMysqlServer } from '#support/mysql-server.ts'
import { text } from '#vortex/protocol/fields.ts'

/** The SQL client of the kit over MySQL's protocol; the server is the library's own half of it, and knows no SQL. */

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})
const failureOf = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error)
const rowsOf = (count: number) => ({
  columns: ['id', 'name'],
  rows: Array.from({ length: count }, (_, index) => [String(index), null]),
})

test('values travel beside the statement, and rows come checked', async () => {
  const { meters, server } = await open(() => ({ columns: ['id', 'name'], rows: [['1', 'Pole']] }))
  const hostile = `' OR 1=1; -- \\`
  const found = await meters.query('SELECT id, name FROM poles WHERE name = ?', [hostile], { answer: { name: text() } })
  expect(found).toEqual([{ name: 'Pole' }])
  expect(server.seen).toEqual([{ text: 'SELECT id, name FROM poles WHERE name = ?', values: [hostile] }])
})

test('what changes rows says how many', async () => {
  const { meters } = await open(() => ({ changedCount: 7 }))
  expect(await meters.change('UPDATE poles SET name = NULL')).toBe(7)
})

test('more rows than the bound are a failure, and the connection with the rest is closed', async () => {
  const { meters, server } = await open((line) => rowsOf(line.includes('many') ? 500 : 1))
  expect(await failureOf(meters.query('SELECT many', [], { rowCountMax: 100 }))).toMatchObject({ kind: 'too-large' })
  expect(await meters.query('SELECT one')).toHaveLength(1)
  await eventually('its connection is closed, and the one that ended the statement', () => server.closedCount() === 2)
})

test('a stream brings rows in batches', async () => {
  const { meters } = await open(() => rowsOf(25))
  const sizes: number[] = []
  for await (const batch of meters.stream('SELECT all', [], { batchCount: 10 })) sizes.push(batch.length)
  expect(sizes).toEqual([10, 10, 5])
})

test('a transaction is committed when its work is done, and rolled back when it throws', async () => {
  const { meters, server } = await open(() => ({ changedCount: 1 }))
  await meters.transaction((tx) => tx.change('UPDATE a'))
  const bug = new Error('the plugin thought again')
  const undone = meters.transaction(async (tx) => {
    await tx.change('UPDATE b')
    throw bug
  })
  expect(await failureOf(undone)).toBe(bug)
  const statements = ['START TRANSACTION', 'UPDATE a', 'COMMIT', 'START TRANSACTION', 'UPDATE b', 'ROLLBACK']
  expect(server.seen.map(({ text: line }) => line)).toEqual(statements)
})

test('a deadlock is done again where that was said', async () => {
  let tries = 0
  const { meters } = await open(() =>
    ++tries === 1 ? { error: { code: 1213, message: 'Deadlock found' } } : { changedCount: 1 },
  )
  expect(await meters.transaction((tx) => tx.change('UPDATE a'), { isRepeatable: true })).toBe(1)
  expect(tries).toBe(2)
})

test('a statement that takes too long is given up, its connection closed, and the server told to end it', async () => {
  const { meters, server } = await open((line) => (line.includes('slow') ? 'never' : rowsOf(1)))
  expect(await failureOf(meters.query('SELECT slow', [], { tryTimeoutMs: 50 }))).toMatchObject({ kind: 'timeout' })
  await eventually('the server is told', () => server.seen.some(({ text: line }) => line === 'KILL QUERY 1'))
  await eventually('both connections are closed', () => server.closedCount() === 2)
  expect(await meters.query('SELECT one')).toHaveLength(1)
})

test('what goes wrong is named by its kind', async () => {
  const { meters, server } = await open(() => ({ error: { code: 1146, message: 'No such table' } }))
  expect(await failureOf(meters.query('SELECT x'))).toMatchObject({
    kind: 'refused',
    facts: { code: 'ER_NO_SUCH_TABLE' },
  })
  await server.close()
  expect(await failureOf(meters.query('SELECT x'))).toMatchObject({ kind: 'unreachable' })
})

async function open(
  answer: (text: string, values: readonly unknown[]) => MysqlAnswer,
  options: Partial<SqlDatabaseOptions> = {},
) {
  const server = await startMysqlServer(answer)
  cleanUps.push(() => server.close().catch(() => undefined))
  const context = { log: silentLog, signal: new AbortController().signal, onStop: () => undefined }
  const url = `mysql://peek:password@127.0.0.1:${server.port}/meters`
  const fast = { firstRetryDelayMs: 1, retryDelayMsMax: 5 }
  const meters = openSqlDatabase(context, { system: 'meters', kind: 'mysql', url, ...fast, ...options })
  cleanUps.push(() => meters.close())
  return { meters, server }
}
