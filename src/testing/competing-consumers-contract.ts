import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { CompetingConsumer, CompetingConsumers, Delivery } from '#event-store/competing-consumer.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'

/** What every implementation of competing consumers must do; each test has a group, a stream and an event type of its own. */
export function describeCompetingConsumers(name: string, open: () => Promise<EventStore & CompetingConsumers>): void {
  describe(name, () => {
    let store: EventStore & CompetingConsumers
    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store.close())

    test('delivers what was appended before the group was made, and what comes after it, of the asked types only', async () => {
      const type = newType()
      await append(store, type, 3)
      await append(store, newType(), 3)
      const consumer = consume(store, type, { bufferCountMax: 10, answer: (delivery) => delivery.ack() })
      await consumer.until(3)
      await append(store, type, 2, 3)
      await consumer.until(5)
      await consumer.stop()
      expect(consumer.values().sort()).toEqual([0, 1, 2, 3, 4])
    })

    test('gives each event to one of the consumers, and all of them something', async () => {
      const type = newType()
      const both = [1, 2].map(() => consume(store, type, { bufferCountMax: 1, answer: (delivery) => delivery.ack() }))
      await append(store, type, 1)
      await Promise.race(both.map((consumer) => consumer.until(1)))
      // One that comes late finds nothing left.
      while (!both.every(({ consumer }) => consumer.state() === 'joined')) await new Promise(setImmediate)
      await append(store, type, 39, 1)
      while (both.flatMap((consumer) => consumer.values()).length < 40) await new Promise(setImmediate)
      await Promise.all(both.map((consumer) => consumer.stop()))
      const values = both.flatMap((consumer) => consumer.values()).sort((a, b) => a - b)
      expect(values).toEqual(Array.from({ length: 40 }, (_, value) => value))
      expect(both.every((consumer) => consumer.values().length > 0)).toBe(true)
    })

    test('O5 a consumer holds no more unanswered than it asked for', async () => {
      const type = newType()
      await append(store, type, 10)
      const consumer = consume(store, type, { bufferCountMax: 3, answer: () => undefined })
      await consumer.until(3)
      expect(consumer.deliveries).toHaveLength(3)
      for (const delivery of consumer.deliveries.slice(0, 2)) delivery.ack()
      await consumer.until(5)
      await consumer.stop()
      expect(consumer.values().sort()).toEqual([0, 1, 2, 3, 4])
    })

    test('gives again what is refused, saying how often it was given', async () => {
      const type = newType()
      await append(store, type, 1)
      const answer = (delivery: Delivery) =>
        delivery.retryCount < 2 ? delivery.nack('retry', 'not yet') : delivery.ack()
      const consumer = consume(store, type, { bufferCountMax: 1, answer })
      await consumer.until(3)
      await consumer.stop()
      expect(consumer.deliveries.map(({ retryCount }) => retryCount)).toEqual([0, 1, 2])
    })

    test('does not give again what was put aside', async () => {
      const type = newType()
      await append(store, type, 2)
      const answer = (delivery: Delivery) =>
        delivery.event.data.value === 0 ? delivery.nack('park', 'too hard') : delivery.ack()
      const consumer = consume(store, type, { bufferCountMax: 1, answer })
      await consumer.until(2)
      await append(store, type, 1, 2)
      await consumer.until(3)
      await consumer.stop()
      expect(consumer.values().sort()).toEqual([0, 1, 2])
    })

    test('what a consumer that leaves has not answered goes to another, at once', async () => {
      const type = newType()
      await append(store, type, 2)
      const busy = consume(store, type, { bufferCountMax: 2, answer: () => undefined })
      await busy.until(2)
      const free = consume(store, type, { bufferCountMax: 2, answer: (delivery) => delivery.ack() })
      busy.consumer.leave()
      expect(busy.consumer.state()).toBe('left')
      await free.until(2)
      await Promise.all([busy.stop(), free.stop()])
      expect(free.values().sort()).toEqual([0, 1])
    })

    test('one that comes back is given what is new', async () => {
      const type = newType()
      const consumer = consume(store, type, { bufferCountMax: 2, answer: (delivery) => delivery.ack() })
      await append(store, type, 1)
      await consumer.until(1)
      consumer.consumer.leave()
      await append(store, type, 1, 1)
      expect(consumer.values()).toEqual([0])
      consumer.consumer.comeBack()
      await consumer.until(2)
      await consumer.stop()
      expect(consumer.consumer.state()).toBe('stopped')
      expect(consumer.values()).toEqual([0, 1])
    })
  })
}

function newType(): string {
  return `test.Counted${newUuid().replaceAll('-', '')}`
}

async function append(store: EventStore, type: string, count: number, from = 0): Promise<void> {
  const events = Array.from({ length: count }, (_, at) => ({
    id: newUuid(),
    type,
    data: { value: from + at },
    metadata: {},
  }))
  await store.append(`test.Stream-${newUuid()}`, events, 'no-stream')
}

/** A consumer of a type's own group, with all it was given. */
function consume(
  store: CompetingConsumers,
  type: string,
  { bufferCountMax, answer }: { bufferCountMax: number; answer: (delivery: Delivery) => void },
) {
  const deliveries: Delivery[] = []
  let came = createDeferred()
  const consumer: CompetingConsumer = store.join({
    group: `group-${type}`,
    filter: { on: 'type', prefixes: [type] },
    bufferCountMax,
    onDelivery: (delivery) => {
      deliveries.push(delivery)
      came.resolve()
      answer(delivery)
    },
  })
  return {
    consumer,
    deliveries: deliveries as readonly Delivery[],
    values: () => deliveries.map(({ event }) => Number(event.data.value)),
    until: async (count: number): Promise<void> => {
      while (deliveries.length < count) {
        came = createDeferred()
        await came.promise
      }
    },
    stop: () => consumer.stop(),
  }
}
