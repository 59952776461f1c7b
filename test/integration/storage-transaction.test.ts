/** Transactions on a real Postgres: what they promise when something goes wrong inside. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { silentLog } from '#kernel/log.ts'
import { type Client, openClient, type QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { type FreshDatabase, freshDatabase } from '#support/postgres.ts'

let fresh: FreshDatabase
let sql: Client
const die = 'select pg_terminate_backend(pg_backend_pid())'

beforeAll(async () => {
  fresh = await freshDatabase()
  sql = open()
  await sql.unsafe('create table marks (name text primary key)')
})
afterAll(async () => {
  await sql.end({ timeout: 1 })
  await fresh[Symbol.asyncDispose]()
})
const open = () => openClient({ url: fresh.url, log: silentLog, applicationName: 'test', maxConnections: 1 })
const names = async () => (await sql.unsafe('select name from marks order by name')).map((row) => row.name)

test('a connection that dies inside fails the transaction alone: the client goes on', async () => {
  const mortal = open()
  try {
    const lost = inTransaction(mortal, async (tx) => {
      await tx.unsafe(`insert into marks values ('lost')`)
      await Promise.all([tx.unsafe(die), tx.unsafe('select pg_sleep(10)')])
    })
    await expect(lost).rejects.toMatchObject({ kind: 'unavailable' })
    // The driver's trap springs from a timer: what it sets off happens by then, and fails this test.
    for (let turn = 0; turn < 20; turn++) await Bun.sleep(0)
    const keep = () => inTransaction(mortal, (tx) => tx.unsafe(`insert into marks values ('kept')`))
    // On the connection made anew the driver repeats the old one's last words, once.
    await keep().catch(keep)
  } finally {
    await mortal.end({ timeout: 1 })
  }
  expect(await names()).toEqual(['kept'])
})

test('work that fails takes back what it wrote, and the caller gets its error', async () => {
  const failing = inTransaction(sql, async (tx) => {
    await tx.unsafe(`insert into marks values ('taken back')`)
    throw new Error('changed its mind')
  })
  await expect(failing).rejects.toThrow('changed its mind')
  expect(await names()).not.toContain('taken back')
})

test('a snapshot sees one moment, and writes nothing', async () => {
  const mode = 'isolation level repeatable read read only'
  const other = open()
  const look = async (tx: QueryRunner) => {
    const [before] = await tx.unsafe('select count(*)::int as n from marks')
    await other.unsafe(`insert into marks values ('meanwhile')`)
    const [after] = await tx.unsafe('select count(*)::int as n from marks')
    return [before?.n, after?.n]
  }
  const counts = await inTransaction(sql, look, mode).finally(() => other.end({ timeout: 1 }))
  expect(counts[0]).toBe(counts[1])
  expect(await names()).toContain('meanwhile')
  const writing = inTransaction(sql, (tx) => tx.unsafe(`insert into marks values ('x')`), mode)
  await expect(writing).rejects.toThrow('read-only transaction')
})
