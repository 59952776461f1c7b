import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventStore } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { logStart } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import { describeEventStore, follow, newEvent, newStream, newType } from '#testing/event-store-contract.ts'

type Server = Awaited<ReturnType<typeof startEventStoreServer>>

const given = process.env.PEEK_TEST_EVENT_STORE
let server: Server | undefined
let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'peek-event-store-'))
  server = given ? undefined : await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
})

afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

describeEventStore('the event store through the official client', () => open(given ?? server?.connectionString ?? ''))

test.skipIf(given !== undefined)(
  'S1 a server that goes away and comes back loses nothing and doubles nothing, for feeds and for appends',
  async () => {
    const file = join(folder, 'restarts.db')
    let restarted = await startEventStoreServer({ file, port: 0, log: silentLog })
    const { port } = restarted
    const store = await open(restarted.connectionString)
    const type = newType()
    const follower = follow(store, { type, after: logStart })
    await follower.live

    const acknowledged: string[] = []
    let isOver = false
    const writers = Array.from({ length: 8 }, async () => {
      const stream = newStream()
      for (let revision = -1; !isOver; revision++) {
        const event = newEvent(type)
        await store.append(stream, [event], revision < 0 ? 'no-stream' : revision)
        acknowledged.push(event.id)
      }
    })
    for (let round = 1; round <= 3; round++) {
      await follower.until(acknowledged.length + 50)
      await restarted.stop()
      restarted = await startEventStoreServer({ file, port, log: silentLog })
    }
    await follower.until(acknowledged.length + 50)
    isOver = true
    await Promise.all(writers)
    await follower.until(acknowledged.length)
    await follower.feed.stop()
    await store.close()
    await restarted.stop()

    expect(follower.events.map(({ id }) => id).sort()).toEqual(acknowledged.sort())
    expect(follower.events.map(({ position }) => position)).toEqual(
      follower.events.map(({ position }) => position).sort(),
    )
  },
  60_000,
)

test.skipIf(given !== undefined)('S1 a connection lost in the middle of large appends is only slower', async () => {
  const file = join(folder, 'large.db')
  let restarted = await startEventStoreServer({ file, port: 0, log: silentLog })
  const { port } = restarted
  const store = await open(restarted.connectionString)
  const large = () => ({ ...newEvent(), data: { text: 'x'.repeat(100_000) } })
  const appending = Array.from({ length: 64 }, () => store.append(newStream(), [large()], 'no-stream'))
  await appending[0]
  await restarted.stop()
  restarted = await startEventStoreServer({ file, port, log: silentLog })
  const appended = await Promise.all(appending)
  expect(new Set(appended.map(({ position }) => position)).size).toBe(64)
  await store.close()
  await restarted.stop()
})

test('S1 a feed whose handler is stuck holds up neither appends nor other feeds', async () => {
  const store = await open(given ?? server?.connectionString ?? '')
  const type = newType()
  const stuck = createDeferred<void>()
  const slow = follow(store, { type, after: 'end', batchCountMax: 10 }, () => stuck.promise)
  const quick = follow(store, { type, after: 'end' })
  await Promise.all([slow.live, quick.live])
  const large = () => ({ ...newEvent(type), data: { text: 'x'.repeat(20_000) } })
  // Far more than one connection takes before somebody reads.
  const count = 300
  for (let sent = 0; sent < count; sent += 20)
    await Promise.all(Array.from({ length: 20 }, () => store.append(newStream(), [large()], 'no-stream')))
  await quick.until(count)
  stuck.resolve()
  await slow.until(count)
  expect(new Set(slow.events.map(({ id }) => id)).size).toBe(count)
  await store.close()
}, 120_000)

test.skipIf(given !== undefined)('a store opened before its server is there serves as soon as it is', async () => {
  const first = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
  const { port, connectionString } = first
  await first.stop()
  const opening = open(connectionString)
  const late = await startEventStoreServer({ file: ':memory:', port, log: silentLog })
  const store = await opening
  const ready = createDeferred<void>()
  store.onHealth(({ state }) => state === 'ready' && ready.resolve())
  if (store.health().state !== 'ready') await ready.promise
  const stream = newStream()
  await store.append(stream, [newEvent()], 'no-stream')
  expect(await store.readStream(stream)).toHaveLength(1)
  await store.close()
  await late.stop()
})

function open(connectionString: string): Promise<EventStore> {
  return openKurrentEventStore({ connectionString, log: silentLog, clock: systemClock, random: systemRandom })
}
