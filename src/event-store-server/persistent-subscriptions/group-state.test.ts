import { expect, test } from 'bun:test'
import { Fifo } from './fifo.ts'
import type { GroupMessage } from './group-message.ts'
import { GroupState } from './group-state.ts'

test('remembers nobody who has gone, however many come, take a message and go', () => {
  const delivered: GroupMessage[] = []
  const state = new GroupState(
    { order: 'round-robin', messageTimeoutMs: 1_000, maxRetryCount: 1_000 },
    { source: -1, parked: -1 },
    { deliver: (_, message) => delivered.push(message), park: () => undefined, handled: () => undefined },
  )
  const event = { id: 'a', origin: 'source', streamName: 's', revision: 0, bucket: 0, isLive: false } as const
  state.offer([{ ...event, place: 0, record: Buffer.alloc(1) }], 'source', 0, 0)
  for (let round = 0; round < 100; round++) {
    state.addConsumer(String(round), 1, round * 1_000)
    // Half of them go without an answer, half let the time run out first.
    if (round % 2 === 0) state.expire((round + 1) * 1_000)
    state.removeConsumer(String(round), (round + 1) * 1_000)
  }
  expect(delivered.length).toBeGreaterThanOrEqual(100)
  expect(delivered[0]?.earlierConsumers?.size ?? 0).toBeLessThanOrEqual(1)
})

test('a queue gives up a value in its midst and keeps the order of the rest', () => {
  const fifo = new Fifo<number>()
  for (let value = 0; value < 5; value++) fifo.push(value)
  fifo.shift()
  fifo.remove(0)
  fifo.remove(2)
  expect(fifo.size).toBe(3)
  expect([fifo.shift(), fifo.shift(), fifo.shift(), fifo.shift()]).toEqual([1, 3, 4, undefined])
})
