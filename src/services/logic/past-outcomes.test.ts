import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { logStart } from '#kernel/position.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { createPastOutcomes } from './past-outcomes.ts'

const filter = { on: 'stream', regex: '^(?!changes-)' } as const
const emptySql = { unsafe: async () => [] }
const event = () => ({ id: newUuid(), type: 'test.Done', data: {}, metadata: {} })

test('E2 waits for what the list of past actions reads, not for announcements that stand behind it in the log', async () => {
  const store = createMemoryEventStore()
  const { position } = await store.append('test.Counter-1', [event()], 'any')
  await store.append('changes-test.counters', [event()], 'any')
  const past = createPastOutcomes({
    sql: emptySql,
    store,
    schemaName: 's',
    position: () => position,
    filter,
    clock: createFakeClock(),
  })
  expect(await past.find(newUuid())).toBeUndefined()
})

test('E2 gives no answer while the list of past actions is behind: the outcome is not known', async () => {
  const store = createMemoryEventStore()
  await store.append('test.Counter-1', [event()], 'any')
  const clock = createFakeClock()
  const impatient = {
    ...clock,
    after: (delayMs: number, work: () => void) => {
      clock.advance(delayMs)
      queueMicrotask(work)
      return () => undefined
    },
  }
  const past = createPastOutcomes({
    sql: emptySql,
    store,
    schemaName: 's',
    position: () => logStart,
    filter,
    clock: impatient,
  })
  await expect(past.find(newUuid())).rejects.toMatchObject({ kind: 'timeout' })
})
