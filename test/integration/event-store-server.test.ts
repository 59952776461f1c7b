/**
 * The embedded event store through the official client, where the server's own figures are needed to judge.
 * What clients can see by themselves is in test/conformance, under both clients and both runtimes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { randomUUID } from 'node:crypto'
import { eventTypeFilter, jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { silentLog } from '#kernel/log.ts'
import { eventually } from '#support/eventually.ts'

let server: EventStoreServer
let client: KurrentDBClient

beforeAll(async () => {
  server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
  client = KurrentDBClient.connectionString`${server.connectionString}`
})

afterAll(async () => {
  await client.dispose()
  await server.stop()
})

const newStream = () => `order-${randomUUID()}`
const events = (count: number) =>
  Array.from({ length: count }, (_, value) => jsonEvent({ type: 'Ordered', data: { value } }))

describe('positions', () => {
  test('are sparse, so that nobody comes to rely on their density, and commit and prepare are equal', async () => {
    await client.appendToStream(newStream(), events(5))
    const commits: number[] = []
    for await (const { event } of client.readAll()) {
      expect(event?.position.commit).toBe(event?.position.prepare)
      commits.push(Number(event?.position.commit))
    }
    expect(commits.every((commit, index) => index === 0 || commit > (commits[index - 1] ?? 0) + 100)).toBe(true)
  })

  test('of "caught up" and of the last append are the end of the log', async () => {
    const { position } = await client.appendToStream(newStream(), events(3))
    expect(position?.commit).toBe(BigInt(server.stats().lastPosition))
    const subscription = client.subscribeToAll({ filter: eventTypeFilter({ prefixes: ['nothing-has-this-type'] }) })
    subscription.on('data', () => undefined)
    const place = await new Promise<{ position?: { commit: bigint } }>((resolve) =>
      subscription.once('caughtUp', resolve),
    )
    expect(place.position?.commit).toBe(BigInt(server.stats().lastPosition))
    await subscription.unsubscribe()
  })
})

describe('open calls', () => {
  test('end on the server when the client leaves its subscriptions', async () => {
    const subscriptions = Array.from({ length: 20 }, () => client.subscribeToAll({ fromPosition: 'end' }))
    await Promise.all(subscriptions.map((each) => new Promise((resolve) => each.once('confirmation', resolve))))
    expect(server.stats().openCalls).toBeGreaterThanOrEqual(20)
    for (const each of subscriptions) await each.unsubscribe()
    await eventually('the calls have ended', () => server.stats().openCalls <= 1)
  })

  test('end on the server when the client is disposed of', async () => {
    await eventually('only the appends are open', () => server.stats().openCalls <= 1)
    const leaving = KurrentDBClient.connectionString`${server.connectionString}`
    const subscription = leaving.subscribeToStream(newStream())
    await new Promise((resolve) => subscription.once('confirmation', resolve))
    await leaving.dispose()
    await eventually('the calls have ended', () => server.stats().openCalls <= 1)
  })
})
