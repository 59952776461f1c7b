/** Recorded history of a running event store, through today's code. */
import { expect, test } from 'bun:test'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { defineLogicPart } from '#plugin-api/define-plugin.ts'
import { historySpec } from '#testing'
import { counter } from '#testing/counter.ts'
import { added, counters } from '#testing/counter-model.ts'

const part = defineLogicPart({ deciders: [counter], projections: [counters] })

test('E6 the history of a store is read by its connection string, and the connection closed', async () => {
  const server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
  const { connectionString } = server
  const store = await openKurrentEventStore({
    connectionString,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
  const record = (...events: { type: string; data: JsonObject }[]) =>
    store.append(
      'test.Counter-a',
      events.map((event) => ({ id: newUuid(), ...event, metadata: {} })),
      'any',
    )
  try {
    await record(added('a', 1), added('a', 2))
    await historySpec(part).ofStore(connectionString).thenReadable()
    await record({ ...added('a', 1), data: { counterId: 'a', amount: 'many', note: '' } })
    const { eventCount, problems } = await historySpec(part).ofStore(connectionString).report()
    expect([eventCount, problems.map(({ where }) => where)]).toEqual([
      3,
      ['today’s fields', 'projection test.counters'],
    ])
  } finally {
    await store.close()
    await server.stop()
  }
})
