/** Persistent subscriptions of the embedded event store, judged by the official client. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { randomUUID } from 'node:crypto'
import * as kurrent from '@kurrent/kurrentdb-client'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { silentLog } from '#kernel/log.ts'
import { eventually } from '#support/eventually.ts'

let server: EventStoreServer
let client: kurrent.KurrentDBClient

beforeEach(async () => {
  server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
  client = kurrent.KurrentDBClient.connectionString`${server.connectionString}`
})

afterEach(async () => {
  await client.dispose()
  await server.stop()
})

const { START, END } = kurrent
const group = 'workers'
const newStream = () => `order-${randomUUID()}`
const event = (value: number, type = 'Ordered') => kurrent.jsonEvent({ type, data: { value } })
const events = (count: number, from = 0) => Array.from({ length: count }, (_, index) => event(from + index))
const streamSettings = (changes: Partial<kurrent.PersistentSubscriptionToStreamSettings> = {}) =>
  kurrent.persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, ...changes })
const allSettings = (changes: Partial<kurrent.PersistentSubscriptionToAllSettings> = {}) =>
  kurrent.persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START, ...changes })

type Delivered = { readonly value: number; readonly retryCount: number }
type Subscription = kurrent.PersistentSubscriptionToStream | kurrent.PersistentSubscriptionToAll
type Delivery = Parameters<Subscription['ack']>[0] & { retryCount: number }

/** Listens without answering, unless `answer` does. */
function consume(subscription: Subscription, answer: (delivery: Delivery, value: number) => unknown = () => undefined) {
  const delivered: Delivered[] = []
  const failed = Promise.withResolvers<Record<string, unknown>>()
  subscription.on('data', (delivery: Delivery) => {
    const data = delivery.event?.data as { value?: number } | undefined
    delivered.push({ value: data?.value ?? -1, retryCount: delivery.retryCount })
    void answer(delivery, data?.value ?? -1)
  })
  subscription.on('error', (error) => failed.resolve({ ...error }))
  return { delivered, error: failed.promise }
}

const values = (delivered: readonly Delivered[]) => delivered.map(({ value }) => value)
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index)
const errorOf = (work: Promise<unknown>): Promise<Record<string, unknown>> =>
  work.then(
    () => ({ type: 'none' }),
    (error: Record<string, unknown>) => error,
  )

async function readStream(streamName: string): Promise<kurrent.ResolvedEvent[]> {
  const all: kurrent.ResolvedEvent[] = []
  for await (const resolved of client.readStream(streamName)) all.push(resolved)
  return all
}

describe('a group on a stream', () => {
  test('delivers history and what comes after it, in order, and remembers what was acknowledged', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(30))
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings({ checkPointAfter: 50 }))
    const first = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const { delivered } = consume(first, (delivery) => first.ack(delivery))
    await eventually('history is delivered', () => delivered.length === 30)
    await client.appendToStream(stream, events(30, 30))
    await eventually('what is new is delivered', () => delivered.length === 60)
    expect(values(delivered)).toEqual(numbers(60))
    expect(delivered.every(({ retryCount }) => retryCount === 0)).toBe(true)
    await eventually('the checkpoint is written', async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group)
      return stats.lastCheckpointedEventRevision === 59n
    })
    await first.unsubscribe()
    await client.appendToStream(stream, event(60))
    const second = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const later = consume(second, (delivery) => second.ack(delivery))
    await eventually('only the rest is delivered', () => later.delivered.length === 1)
    expect(values(later.delivered)).toEqual([60])
    await second.unsubscribe()
  })

  test('gives a consumer no more than its buffer before it answers', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(50))
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings())
    const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize: 7 })
    const held: Delivery[] = []
    const { delivered } = consume(subscription, (delivery) => held.push(delivery))
    await eventually('the buffer is full', () => delivered.length === 7)
    const { connections, stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group)
    expect(connections.map(({ inFlightMessages, availableSlots }) => [inFlightMessages, availableSlots])).toEqual([
      [7, 0],
    ])
    expect(stats.totalInFlightMessages).toBe(7)
    await subscription.ack(...held.slice(0, 3))
    await eventually('three more come', () => delivered.length === 10)
    await subscription.unsubscribe()
  })

  test('delivers again what is refused, with the count of attempts, and parks it in the end', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(1))
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings({ maxRetryCount: 2 }))
    const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const { delivered } = consume(subscription, (delivery) => subscription.nack('retry', 'not yet', delivery))
    const info = () => client.getPersistentSubscriptionToStreamInfo(stream, group)
    await eventually('it is parked', async () => (await info()).stats.parkedMessageCount === 1n)
    expect(delivered.map(({ retryCount }) => retryCount)).toEqual([0, 1, 2])
    const parked = await readStream(`$persistentsubscription-${stream}::${group}-parked`)
    expect(parked.map(({ event }) => event?.type)).toEqual(['$>'])
    await subscription.unsubscribe()
  })

  test('delivers again what is not answered in time', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(1))
    const settings = streamSettings({ messageTimeout: 30, maxRetryCount: 50 })
    await client.createPersistentSubscriptionToStream(stream, group, settings)
    const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const { delivered } = consume(subscription, (delivery) => delivery.retryCount >= 2 && subscription.ack(delivery))
    await eventually('it was delivered three times', () => delivered.length >= 3)
    await eventually('it is done', async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group)
      return stats.outstandingMessagesCount === 0
    })
    // On a busy machine an answer may be on its way longer than it may take, and it comes once more.
    expect(delivered.map(({ retryCount }) => retryCount)).toEqual(numbers(delivered.length))
    await subscription.unsubscribe()
  })

  test('replays what was parked, as many as asked for, and then holds nothing parked', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(5))
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings())
    const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group)
    let isParking = true
    const { delivered } = consume(subscription, (delivery) =>
      isParking ? subscription.nack('park', 'later', delivery) : subscription.ack(delivery),
    )
    const parkedCount = async () =>
      (await client.getPersistentSubscriptionToStreamInfo(stream, group)).stats.parkedMessageCount
    await eventually('all are parked', async () => (await parkedCount()) === 5n)
    isParking = false
    await client.replayParkedMessagesToStream(stream, group, { stopAt: 2 })
    await eventually('two come again', () => delivered.length === 7)
    await eventually('three are left', async () => (await parkedCount()) === 3n)
    await client.replayParkedMessagesToStream(stream, group)
    await eventually('all came again', () => delivered.length === 10)
    expect(values(delivered)).toEqual([...numbers(5), ...numbers(5)])
    const parkedStream = `$persistentsubscription-${stream}::${group}-parked`
    await eventually('the links are gone', async () => (await readStream(parkedStream)).length === 0)
    await eventually('none is parked', async () => (await parkedCount()) === 0n)
    await subscription.unsubscribe()
  })

  test('skips what is to be skipped', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(3))
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings({ checkPointAfter: 30 }))
    const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group)
    consume(subscription, (delivery) => subscription.nack('skip', 'not for us', delivery))
    await eventually('all are done', async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group)
      return stats.lastCheckpointedEventRevision === 2n && stats.parkedMessageCount === 0n
    })
    await subscription.unsubscribe()
  })

  test('ends the call of a consumer that wants to stop, and keeps its event for others', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(1))
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings())
    const first = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const stopped = consume(first, (delivery) => first.nack('stop', 'enough', delivery))
    expect((await stopped.error).type).toBe('persistent-subscription-dropped')
    const second = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const { delivered } = consume(second, (delivery) => second.ack(delivery))
    await eventually('somebody else has it', () => delivered.length === 1)
    await second.unsubscribe()
  })

  test('gives what a consumer had to others when it goes, with the same count of attempts', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(10))
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings())
    const first = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const silent = consume(first)
    await eventually('the first has all', () => silent.delivered.length === 10)
    const second = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const { delivered } = consume(second, (delivery) => second.ack(delivery))
    await first.unsubscribe()
    await eventually('the second has all', () => delivered.length === 10)
    expect(delivered).toEqual(numbers(10).map((value) => ({ value, retryCount: 0 })))
    await second.unsubscribe()
  })

  test('starts at the end, or at a revision', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(10))
    await client.createPersistentSubscriptionToStream(stream, 'end', streamSettings({ startFrom: END }))
    await client.createPersistentSubscriptionToStream(stream, 'seven', streamSettings({ startFrom: 7n }))
    await client.appendToStream(stream, event(10))
    const fromEnd = client.subscribeToPersistentSubscriptionToStream(stream, 'end')
    const fromSeven = client.subscribeToPersistentSubscriptionToStream(stream, 'seven')
    const [end, seven] = [consume(fromEnd), consume(fromSeven)]
    await eventually('both have the last', () => end.delivered.length === 1 && seven.delivered.length === 4)
    expect(values(end.delivered)).toEqual([10])
    expect(values(seven.delivered)).toEqual([7, 8, 9, 10])
    await Promise.all([fromEnd.unsubscribe(), fromSeven.unsubscribe()])
  })

  test('steps over what was truncated', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(10))
    await client.setStreamMetadata(stream, { truncateBefore: 6 })
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings())
    const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const { delivered } = consume(subscription, (delivery) => subscription.ack(delivery))
    await eventually('the rest is delivered', () => delivered.length === 4)
    expect(values(delivered)).toEqual([6, 7, 8, 9])
    await subscription.unsubscribe()
  })

  test('resolves links where it is asked to, and takes the answer under the id of the link', async () => {
    const [stream, links] = [newStream(), newStream()]
    await client.appendToStream(stream, events(2))
    for (const revision of [0, 1])
      await client.appendToStream(
        links,
        kurrent.binaryEvent({ type: '$>', data: Buffer.from(`${revision}@${stream}`) }),
      )
    await client.createPersistentSubscriptionToStream(links, group, streamSettings({ resolveLinkTos: true }))
    const subscription = client.subscribeToPersistentSubscriptionToStream(links, group)
    const { delivered } = consume(subscription, (delivery) => subscription.ack(delivery))
    await eventually('all is done', async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(links, group)
      return delivered.length === 2 && stats.outstandingMessagesCount === 0
    })
    expect(values(delivered)).toEqual([0, 1])
    await subscription.unsubscribe()
  })

  test('takes turns among its consumers, or fills one first', async () => {
    const stream = newStream()
    for (const [name, strategy, shares] of [
      ['turns', kurrent.ROUND_ROBIN, [4, 4]],
      ['one', kurrent.DISPATCH_TO_SINGLE, [6, 2]],
    ] as const) {
      const settings = streamSettings({ consumerStrategyName: strategy, startFrom: END })
      await client.createPersistentSubscriptionToStream(stream, name, settings)
      const consumers = [1, 2].map(() =>
        client.subscribeToPersistentSubscriptionToStream(stream, name, { bufferSize: 6 }),
      )
      const consumed = consumers.map((consumer) => consume(consumer))
      await eventually('both are there', async () => {
        const { connections } = await client.getPersistentSubscriptionToStreamInfo(stream, name)
        return connections.length === 2
      })
      await client.appendToStream(stream, events(8))
      const counts = () => consumed.map(({ delivered }) => delivered.length)
      await eventually('all are delivered', () => counts().reduce((sum, count) => sum + count) === 8)
      expect(counts().toSorted((a, b) => b - a)).toEqual([...shares])
      await Promise.all(consumers.map((consumer) => consumer.unsubscribe()))
    }
  })
})

describe('a group on the whole log', () => {
  test('delivers what its filter takes, and never what the groups write themselves', async () => {
    const stream = newStream()
    await client.createPersistentSubscriptionToAll(group, allSettings({ checkPointAfter: 20 }))
    const filter = kurrent.eventTypeFilter({ prefixes: ['Wanted'] })
    await client.createPersistentSubscriptionToAll('choosy', allSettings(), { filter })
    const everything = client.subscribeToPersistentSubscriptionToAll(group)
    const choosy = client.subscribeToPersistentSubscriptionToAll('choosy')
    const streams = new Set<string>()
    const all = consume(everything, (delivery) => {
      streams.add(delivery.event?.streamId ?? '')
      return everything.ack(delivery)
    })
    const some = consume(choosy, (delivery) => choosy.ack(delivery))
    await client.appendToStream(stream, [event(1, 'Wanted'), event(2, 'Other'), event(3, 'WantedToo')])
    await eventually('both have theirs', () => some.delivered.length === 2 && all.delivered.length > 2)
    expect(values(some.delivered)).toEqual([1, 3])
    await eventually('a checkpoint is written', async () => {
      const { stats } = await client.getPersistentSubscriptionToAllInfo(group)
      return stats.lastCheckpointedEventPosition !== undefined
    })
    expect([...streams].filter((name) => name.includes('persistentsubscription-'))).toEqual([])
    await Promise.all([everything.unsubscribe(), choosy.unsubscribe()])
  })

  test('starts at a position, which is included', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(2))
    const { position } = await client.appendToStream(stream, event(2))
    await client.appendToStream(stream, event(3))
    const startFrom = position ?? START
    await client.createPersistentSubscriptionToAll(group, allSettings({ startFrom }), {
      filter: kurrent.streamNameFilter({ prefixes: ['order-'] }),
    })
    const subscription = client.subscribeToPersistentSubscriptionToAll(group)
    const { delivered } = consume(subscription)
    await eventually('the rest is delivered', () => delivered.length === 2)
    expect(values(delivered)).toEqual([2, 3])
    await subscription.unsubscribe()
  })

  test('parks and replays events of many streams', async () => {
    const filter = kurrent.streamNameFilter({ prefixes: ['order-'] })
    await client.createPersistentSubscriptionToAll(group, allSettings(), { filter })
    for (const value of [0, 1, 2]) await client.appendToStream(newStream(), event(value))
    const subscription = client.subscribeToPersistentSubscriptionToAll(group)
    let isParking = true
    const { delivered } = consume(subscription, (delivery) =>
      isParking ? subscription.nack('park', 'later', delivery) : subscription.ack(delivery),
    )
    const parkedCount = async () => (await client.getPersistentSubscriptionToAllInfo(group)).stats.parkedMessageCount
    await eventually('all are parked', async () => (await parkedCount()) === 3n)
    isParking = false
    await client.replayParkedMessagesToAll(group)
    await eventually('all come again', () => delivered.length === 6)
    expect(values(delivered).slice(3)).toEqual([0, 1, 2])
    await subscription.unsubscribe()
  })
})

describe('groups', () => {
  test('are told with their settings, one by one, by stream, and all together', async () => {
    const stream = newStream()
    const settings = streamSettings({
      resolveLinkTos: true,
      extraStatistics: true,
      maxSubscriberCount: 3,
      consumerStrategyName: kurrent.PINNED,
      startFrom: 5n,
    })
    await client.createPersistentSubscriptionToStream(stream, group, settings)
    await client.createPersistentSubscriptionToAll(group, allSettings())
    const info = await client.getPersistentSubscriptionToStreamInfo(stream, group)
    expect(info).toMatchObject({ eventSource: stream, groupName: group, status: 'Live', settings, connections: [] })
    expect((await client.getPersistentSubscriptionToAllInfo(group)).settings).toEqual(allSettings())
    expect((await client.listPersistentSubscriptionsToStream(stream)).length).toBe(1)
    expect((await client.listPersistentSubscriptionsToAll()).length).toBe(1)
    expect((await client.listAllPersistentSubscriptions()).map(({ eventSource }) => eventSource)).toEqual([
      stream,
      '$all',
    ])
  })

  test('are updated: consumers are dropped, the checkpoint stays', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(10))
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings())
    const first = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const before = consume(first, (delivery, value) => value < 4 && first.ack(delivery))
    await eventually('all were delivered', () => before.delivered.length === 10)
    await eventually('four are done', async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group)
      return stats.outstandingMessagesCount === 6
    })
    const updated = streamSettings({ startFrom: END, maxRetryCount: 3 })
    await client.updatePersistentSubscriptionToStream(stream, group, updated)
    expect((await before.error).type).toBe('persistent-subscription-dropped')
    expect((await client.getPersistentSubscriptionToStreamInfo(stream, group)).settings.maxRetryCount).toBe(3)
    const second = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const after = consume(second)
    await eventually('the rest comes', () => after.delivered.length === 6)
    expect(values(after.delivered)).toEqual([4, 5, 6, 7, 8, 9])
    await second.unsubscribe()
  })

  test('are deleted with all they kept, and their consumers dropped', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(2))
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings())
    const first = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const before = consume(first, (delivery, value) =>
      value === 0 ? first.ack(delivery) : first.nack('park', 'no', delivery),
    )
    await eventually('one is parked', async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group)
      return stats.parkedMessageCount === 1n
    })
    await client.deletePersistentSubscriptionToStream(stream, group)
    expect(await before.error).toMatchObject({
      type: 'persistent-subscription-dropped',
      streamName: stream,
      groupName: group,
    })
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings())
    const second = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const after = consume(second)
    await eventually('it starts anew', () => after.delivered.length === 2)
    const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group)
    expect(stats).toMatchObject({ parkedMessageCount: 0n, lastCheckpointedEventRevision: undefined })
    await second.unsubscribe()
  })

  test('say by name what is wrong', async () => {
    const stream = newStream()
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings({ maxSubscriberCount: 1 }))
    const named = { streamName: stream, groupName: group }
    const exists = await errorOf(client.createPersistentSubscriptionToStream(stream, group, streamSettings()))
    expect(exists).toMatchObject({ type: 'persistent-subscription-exists', ...named })
    const missing = { type: 'persistent-subscription-does-not-exist', streamName: stream, groupName: 'nobody' }
    for (const work of [
      client.updatePersistentSubscriptionToStream(stream, 'nobody', streamSettings()),
      client.deletePersistentSubscriptionToStream(stream, 'nobody'),
      client.getPersistentSubscriptionToStreamInfo(stream, 'nobody'),
      client.replayParkedMessagesToStream(stream, 'nobody'),
      consume(client.subscribeToPersistentSubscriptionToStream(stream, 'nobody')).error.then((error) => {
        throw error
      }),
    ])
      expect(await errorOf(work)).toMatchObject(missing)
    const only = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const confirmed = Promise.withResolvers<void>()
    only.on('confirmation', () => confirmed.resolve())
    consume(only)
    await confirmed.promise
    const second = consume(client.subscribeToPersistentSubscriptionToStream(stream, group))
    expect(await second.error).toMatchObject({ type: 'maximum-subscribers-reached', ...named })
    await only.unsubscribe()
  })

  test('are restarted on request, and go on where they were', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(3))
    await client.createPersistentSubscriptionToStream(stream, group, streamSettings())
    const first = client.subscribeToPersistentSubscriptionToStream(stream, group)
    const before = consume(first, (delivery) => first.ack(delivery))
    await eventually('all are done', async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group)
      return stats.totalItems === 3n
    })
    await client.restartPersistentSubscriptionSubsystem()
    expect((await before.error).type).toBe('persistent-subscription-dropped')
    const info = await client.getPersistentSubscriptionToStreamInfo(stream, group)
    expect(info.stats.lastCheckpointedEventRevision).toBe(2n)
  })
})
