/** Competing consumers through the official client, on the embedded event store. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { eventually } from '#support/eventually.ts'
import { describeCompetingConsumers } from '#testing/competing-consumers-contract.ts'

let server: EventStoreServer
beforeAll(async () => {
  server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
})
afterAll(() => server.stop())

const open = (connectionString: string) =>
  openKurrentEventStore({ connectionString, log: silentLog, clock: systemClock, random: systemRandom })

describeCompetingConsumers('competing consumers of the embedded event store', () => open(server.connectionString))

test('S1 a consumer goes on by itself after the store was away, and is given again what it had not answered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'peek-consumers-'))
  const file = join(folder, 'events.db')
  let running = await startEventStoreServer({ file, port: 0, log: silentLog })
  const store = await open(running.connectionString)
  const given: { value: unknown; retryCount: number }[] = []
  let answers = false
  const event = (value: number) => ({ id: newUuid(), type: 'test.Counted', data: { value }, metadata: {} })
  try {
    await store.append('test.Stream-1', [event(0)], 'no-stream')
    store.join({
      group: 'workers',
      filter: { on: 'type', prefixes: ['test.Counted'] },
      bufferCountMax: 5,
      onDelivery: (delivery) => {
        given.push({ value: delivery.event.data.value, retryCount: delivery.retryCount })
        if (answers) delivery.ack()
      },
    })
    await eventually('the first one is delivered', () => given.length === 1)
    answers = true
    const { port } = running
    await running.stop()
    running = await startEventStoreServer({ file, port, log: silentLog })
    await eventually('it is delivered again', () => given.length === 2)
    await store.append('test.Stream-1', [event(1)], 0)
    await eventually('and what is new', () => given.some(({ value }) => value === 1))
    expect(given.map(({ value }) => value)).toEqual([0, 0, 1])
  } finally {
    await store.close()
    await running.stop()
    rmSync(folder, { recursive: true })
  }
}, 120_000)
