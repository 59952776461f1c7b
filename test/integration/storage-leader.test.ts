/** Leadership on a real server: handed over, lost, refused. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import type { Client } from '#storage/client.ts'
import { acquireLeadership, assertLeader, type Leadership } from '#storage/leader-lock.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'

let fresh: MigratedDatabase
let sql: Client
let name: string
let count = 0
const held: Leadership[] = []

beforeAll(async () => {
  fresh = await migratedDatabase(2)
  sql = fresh.sql
}, 120_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})
beforeEach(() => {
  name = `test-${count++}`
})
afterEach(async () => {
  for (const leadership of held.splice(0)) await leadership.release()
})

async function acquire(signal?: AbortSignal): Promise<Leadership> {
  const options = { url: fresh.url, name, log: silentLog, holder: 'test' }
  const leadership = await acquireLeadership(signal ? { ...options, signal } : options)
  held.push(leadership)
  return leadership
}

/** The session blocks inside Postgres. */
async function untilSomebodyWaits(): Promise<void> {
  const waiting = () => sql`
    select 1 from pg_stat_activity
    where application_name = ${`peek leader ${name}`} and wait_event = 'advisory' and datname = current_database()`
  await eventually('somebody waits for the lock', async () => (await waiting()).length > 0)
}

describe('leadership', () => {
  test('goes to the one who waits when the leader releases it, with a greater epoch', async () => {
    const first = await acquire()
    const waiting = acquire()
    await untilSomebodyWaits()
    await first.release()
    const second = await waiting
    expect(first.epoch).toBe(1)
    expect(second.epoch).toBe(2)
  }, 120_000)

  test('is lost when the connection dies, and taken over', async () => {
    const first = await acquire()
    const waiting = acquire()
    await untilSomebodyWaits()
    await sql`
      select pg_terminate_backend(pid) from pg_locks
      where locktype = 'advisory' and granted and pid in (
        select pid from pg_stat_activity where application_name = ${`peek leader ${name}`})`
    await first.lost
    expect((await waiting).epoch).toBe(first.epoch + 1)
  }, 120_000)

  test('goes on waiting over a lost connection', async () => {
    const first = await acquire()
    const waiting = acquire()
    await untilSomebodyWaits()
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = ${`peek leader ${name}`} and wait_event = 'advisory'`
    await untilSomebodyWaits()
    await first.release()
    expect((await waiting).epoch).toBe(first.epoch + 1)
  }, 120_000)

  test('is not waited for any longer than its signal allows', async () => {
    await acquire()
    const abort = new AbortController()
    const waiting = acquire(abort.signal)
    await untilSomebodyWaits()
    abort.abort(new Error('no longer wanted'))
    await expect(waiting).rejects.toThrow('no longer wanted')
    await expect(acquire(abort.signal)).rejects.toThrow('no longer wanted')
  }, 120_000)

  test('of one name leaves other names free', async () => {
    await acquire()
    name = `${name}-other`
    expect((await acquire()).epoch).toBe(1)
  }, 120_000)

  test('refuses the transaction of an epoch that is over', async () => {
    const first = await acquire()
    await sql.begin((tx) => assertLeader(tx, first))
    await first.release()
    const second = await acquire()
    await expect(sql.begin((tx) => assertLeader(tx, first))).rejects.toThrow('Epoch 1')
    await sql.begin((tx) => assertLeader(tx, second))
  }, 120_000)

  test('is lost when another epoch took over unnoticed', async () => {
    const clock = createFakeClock()
    const leadership = await acquireLeadership({ url: fresh.url, name, log: silentLog, clock })
    held.push(leadership)
    await sql`update platform.leadership set epoch = epoch + 1 where name = ${name}`
    clock.advance(5_000)
    await leadership.lost
  }, 120_000)

  test('is recorded with its holder', async () => {
    await acquire()
    expect(await sql`select holder, epoch::int from platform.leadership where name = ${name}`).toMatchObject([
      { holder: 'test', epoch: 1 },
    ])
  })
})
