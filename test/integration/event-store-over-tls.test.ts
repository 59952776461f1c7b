/** The facade on a server that asks who is calling: as a user of its own, who has no more rights than the platform needs. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as kurrent from '@kurrent/kurrentdb-client'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { openUsersClient } from '#support/users-client.ts'
import { describeEventStore, newEvent, newStream } from '#testing/event-store-contract.ts'

let folder: string
let server: EventStoreServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'peek-event-store-tls-'))
  server = await startEventStoreServer({
    file: join(folder, 'events.db'),
    port: 0,
    log: silentLog,
    tls: { selfMade: join(folder, 'tls') },
    users: { adminPassword: 'of-admin' },
  })
  const users = openUsersClient(server.connectionString, 'admin:of-admin')
  await users.create('platform', { password: 'of-platform' })
  users.close()
  const admin = kurrent.KurrentDBClient.connectionString(as('admin', 'of-admin'))
  await admin.setStreamMetadata('$all', { acl: { readRoles: ['platform'] } })
  await admin.dispose()
})

afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const as = (name: string, password: string) => server.connectionString.replace('://', `://${name}:${password}@`)
const open = (connectionString: string) =>
  openKurrentEventStore({ connectionString, log: silentLog, clock: systemClock, random: systemRandom })

describeEventStore('the event store over TLS, as a user', () => open(as('platform', 'of-platform')))

test('appends of a user whose credentials are in the connection string share commits', async () => {
  const store = await open(as('platform', 'of-platform'))
  const before = server.stats().commits
  await Promise.all(Array.from({ length: 256 }, () => store.append(newStream(), [newEvent()], 'no-stream')))
  expect(server.stats().commits - before).toBeLessThan(128)
  await store.close()
})

test('a store that is opened with a wrong password is not ready, and says why without showing it', async () => {
  const store = await open(as('platform', 'a-wrong-one'))
  expect(store.health().state).not.toBe('ready')
  expect(store.health().words).not.toContain('a-wrong-one')
  await store.close()
})
