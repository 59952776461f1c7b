import { describe, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { readEventHeader } from '../streams/event-record.ts'
import { allKey, Consumer, fromStart, key, range, Store, settle, storeWithGroup } from './group-scenario.ts'
import { defaultGroupSettings, type GroupSettings } from './group-settings.ts'

describe('a group', () => {
  test('goes on after a crash from the last checkpoint, which no unanswered event is before', async () => {
    const store = await storeWithGroup({ checkpointCountMax: 3 })
    await store.append(10)
    const first = new Consumer(store)
    await settle()
    await first.ack(0, 1, 2, 4, 5, 6)
    expect(await store.readTexts('$persistentsubscription-work::workers-checkpoint')).toEqual(['"2"'])
    store.crash()
    const second = new Consumer(store)
    await settle()
    expect(second.values).toEqual(range(3, 10))
  })

  test('writes no checkpoint for every acknowledgement, but one in time, and one at the end', async () => {
    const store = await storeWithGroup({ checkpointAfterMs: 1_000, checkpointCountMin: 5 })
    const checkpoints = () => store.readTexts('$persistentsubscription-work::workers-checkpoint')
    await store.append(10)
    const consumer = new Consumer(store)
    await settle()
    for (const place of range(0, 6)) await consumer.ack(place)
    expect(await checkpoints()).toEqual([])
    store.clock.advance(1_000)
    await settle()
    expect(await checkpoints()).toEqual(['"5"'])
    await consumer.ack(6)
    store.clock.advance(1_000)
    await settle()
    // Fewer than the least: written once nothing more comes.
    expect(await checkpoints()).toEqual(['"5"'])
    store.clock.advance(1_000)
    await settle()
    expect(await checkpoints()).toEqual(['"5"', '"6"'])
    await consumer.ack(7)
    await store.groups.stop()
    expect(await checkpoints()).toEqual(['"6"', '"7"'])
    expect(consumer.ends).toEqual(['server-stopping'])
  })

  test('begins at the end there was when it was made, though it is asked only after a crash', async () => {
    const store = new Store()
    await store.append(5)
    await store.groups.create(key, { ...defaultGroupSettings, startFrom: 'end' }, undefined)
    await store.append(3)
    store.crash()
    const consumer = new Consumer(store)
    await settle()
    expect(consumer.values).toEqual([5, 6, 7])
  })

  test('takes back what is not answered in time, and parks it in the end', async () => {
    const store = await storeWithGroup({ messageTimeoutMs: 1_000, maxRetryCount: 1 })
    await store.append(1)
    const consumer = new Consumer(store)
    await settle()
    store.clock.advance(999)
    expect(consumer.retryCounts).toEqual([0])
    store.clock.advance(1)
    expect(consumer.retryCounts).toEqual([0, 1])
    store.clock.advance(1_000)
    await settle()
    expect(await store.readTexts('$persistentsubscription-work::workers-parked')).toEqual(['0@work'])
    expect(store.group().info()).toMatchObject({ parkedCount: 1, outstandingCount: 0, inFlightCount: 0 })
  })

  test('takes an acknowledgement that comes late', async () => {
    const store = await storeWithGroup({ messageTimeoutMs: 1_000 })
    await store.append(1)
    const late = new Consumer(store, { bufferSize: 1 })
    await settle()
    const other = new Consumer(store)
    store.clock.advance(1_000)
    await late.ack(0)
    await store.groups.stop()
    expect(store.group().info()).toMatchObject({ outstandingCount: 0, checkpoint: 0 })
    expect(other.values.length + late.values.length).toBe(2)
  })

  test('does not take an answer for what somebody never had', async () => {
    const store = await storeWithGroup()
    await store.append(1)
    const has = new Consumer(store)
    await settle()
    const hasNot = new Consumer(store)
    const { id } = readEventHeader(must(store).record)
    hasNot.seat.ack([id, newUuid()])
    expect(store.group().info().inFlightCount).toBe(1)
    await has.ack(0)
    expect(store.group().info().inFlightCount).toBe(0)
  })

  test('gives a consumer that asks to stop nothing more, and what it gave back to the next one, told that it is a retry', async () => {
    const store = await storeWithGroup()
    await store.append(2)
    const first = new Consumer(store)
    await settle()
    await first.nack('stop', 0)
    expect([first.values, first.ends]).toEqual([[0, 1], ['dropped']])
    const next = new Consumer(store)
    await settle()
    expect([next.values, next.retryCounts]).toEqual([
      [0, 1],
      [1, 0],
    ])
  })

  test('holds no more than its buffers and its consumers take, however far behind they are', async () => {
    const store = await storeWithGroup({ historyBufferSize: 30, liveBufferSize: 12, readBatchSize: 10 })
    await store.append(500)
    const consumer = new Consumer(store, { bufferSize: 5 })
    await settle()
    expect(consumer.values.length).toBe(5)
    expect(store.group().info()).toMatchObject({ status: 'Behind', inFlightCount: 5 })
    expect(store.group().info().historyBufferCount).toBeLessThanOrEqual(30)
    for (let place = 0; place < 500; place++) {
      consumer.seat.ack([])
      await consumer.ack(place)
      expect(store.group().info().historyBufferCount).toBeLessThanOrEqual(30)
    }
    expect(consumer.values).toEqual(range(0, 500))
    expect(store.group().info().status).toBe('Live')
    // Live, and then more than the buffer for that holds.
    for (let batch = 0; batch < 10; batch++) {
      await store.append(8)
      const { liveBufferCount, historyBufferCount } = store.group().info()
      expect(liveBufferCount + historyBufferCount).toBeLessThanOrEqual(30)
    }
    for (let place = 500; place < 580; place++) await consumer.ack(place)
    expect(consumer.values).toEqual(range(0, 580))
  })

  test('sends nothing to a connection that takes nothing, and goes on when it does', async () => {
    const store = await storeWithGroup()
    await store.append(5)
    const consumer = new Consumer(store, { bufferSize: 5 })
    consumer.isFull = true
    await settle()
    expect(consumer.values).toEqual([0])
    consumer.isFull = false
    consumer.seat.resume()
    await settle()
    expect(consumer.values).toEqual(range(0, 5))
  })

  test('keeps parked what a crash leaves between replay and answer', async () => {
    const store = await storeWithGroup()
    await store.append(3)
    const consumer = new Consumer(store)
    await settle()
    await consumer.nack('park', 0, 1, 2)
    store.group().replayParked(undefined)
    await settle()
    expect(consumer.values).toEqual([0, 1, 2, 0, 1, 2])
    expect(store.group().info()).toMatchObject({ status: 'ReplayingParkedMessages', parkedCount: 0 })
    await consumer.ack(3, 5)
    store.crash()
    expect(store.group().info().parkedCount).toBe(3)
    expect(await store.readTexts('$persistentsubscription-work::workers-parked')).toEqual([
      '0@work',
      '1@work',
      '2@work',
    ])
  })

  test('removes what was replayed and answered when it is stopped, and never what was not', async () => {
    const store = await storeWithGroup()
    await store.append(3)
    const consumer = new Consumer(store)
    await settle()
    await consumer.nack('park', 0, 1, 2)
    store.group().replayParked(undefined)
    await settle()
    await consumer.ack(3, 5)
    await store.groups.stop()
    expect(await store.readTexts('$persistentsubscription-work::workers-parked')).toEqual(['1@work', '2@work'])
  })

  test('removes links in groups while many are replayed', async () => {
    const store = await storeWithGroup()
    await store.append(250)
    const consumer = new Consumer(store, { bufferSize: 250 })
    await settle()
    await consumer.nack('park', ...range(0, 250))
    store.group().replayParked(undefined)
    while (consumer.values.length < 500) await settle()
    for (const place of range(250, 500)) await consumer.ack(place)
    expect(await store.readTexts('$persistentsubscription-work::workers-parked')).toEqual([])
    expect(store.log.findStream('$$$persistentsubscription-work::workers-parked')?.revision).toBeLessThan(5)
  })

  test('stays as it was when its settings cannot be changed', async () => {
    const store = await storeWithGroup({}, allKey)
    await store.append(1)
    const consumer = new Consumer(store, { of: allKey })
    const change = store.groups.update(allKey, { ...fromStart, startFrom: 1_000_000 }, undefined)
    expect(await change.catch((error: unknown) => error)).toBeInstanceOf(PlatformError)
    await settle()
    expect([consumer.ends, consumer.values.length]).toEqual([[], 2])
  })

  test('parks again what is refused again when it is replayed', async () => {
    const store = await storeWithGroup()
    await store.append(1)
    const consumer = new Consumer(store)
    await settle()
    await consumer.nack('park', 0)
    store.group().replayParked(undefined)
    await settle()
    await consumer.nack('park', 1)
    expect(consumer.values).toEqual([0, 0])
    expect(store.group().info()).toMatchObject({ parkedCount: 1, status: 'Live' })
  })

  test('counts the parked ones as the place to stop a replay at', async () => {
    const store = await storeWithGroup()
    await store.append(4)
    const consumer = new Consumer(store)
    await settle()
    await consumer.nack('park', 0, 1, 2, 3)
    store.group().replayParked(1)
    await settle()
    await consumer.ack(4)
    store.group().replayParked(2)
    await settle()
    expect(consumer.values.slice(4)).toEqual([0, 1, 2])
    expect(store.group().info().parkedCount).toBe(1)
  })

  test('steps over parked events that are gone from their stream', async () => {
    const store = await storeWithGroup()
    await store.append(2)
    const consumer = new Consumer(store)
    await settle()
    await consumer.nack('park', 0, 1)
    await store.log.request({ kind: 'delete', streamName: 'work', expected: 'any' })
    store.group().replayParked(undefined)
    await settle()
    expect(consumer.values).toEqual([0, 1])
    expect(store.group().info()).toMatchObject({ parkedCount: 0, status: 'Live' })
  })

  test('goes on in a stream that was deleted and taken up again', async () => {
    const store = await storeWithGroup()
    await store.append(3)
    const consumer = new Consumer(store)
    await settle()
    await consumer.ack(0, 1, 2)
    await store.log.request({ kind: 'delete', streamName: 'work', expected: 'any' })
    await store.append(2)
    expect(consumer.values).toEqual([0, 1, 2, 3, 4])
  })

  test('on the whole log is not fed by its own checkpoints, nor two by those of each other', async () => {
    const store = await storeWithGroup({ checkpointCountMax: 1 }, allKey)
    await store.groups.create({ ...allKey, groupName: 'others' }, { ...fromStart, checkpointCountMax: 1 }, undefined)
    const consumers = [allKey, { ...allKey, groupName: 'others' }].map((of) => new Consumer(store, { of }))
    await store.append(5)
    for (let round = 0; round < 10; round++)
      for (const consumer of consumers) {
        await consumer.ack(...consumer.values.keys())
        store.clock.advance(5_000)
        await settle()
      }
    const counts = consumers.map(({ values }) => values.length)
    await settle()
    for (const consumer of consumers) await consumer.ack(...consumer.values.keys())
    expect(consumers.map(({ values }) => values.length)).toEqual(counts)
    // Two lists of groups and five events.
    expect(counts).toEqual([7, 7])
  })

  test('made under the name of a former one has nothing of it', async () => {
    const store = await storeWithGroup({ checkpointCountMax: 1 })
    await store.append(3)
    const before = new Consumer(store)
    await settle()
    await before.ack(0)
    await before.nack('park', 1)
    await store.groups.delete(key, undefined)
    expect(before.ends).toEqual(['dropped'])
    await store.groups.create(key, fromStart, undefined)
    const after = new Consumer(store)
    await settle()
    expect(after.values).toEqual([0, 1, 2])
    expect(store.group().info()).toMatchObject({ parkedCount: 0, checkpoint: undefined })
  })

  test('is there after a crash with the settings it was made with', async () => {
    const settings: GroupSettings = {
      startFrom: 7,
      filter: { on: 'event-type', prefixes: ['A', 'B'], regex: '' },
      resolveLinks: true,
      extraStatistics: true,
      messageTimeoutMs: 1,
      maxRetryCount: 0,
      checkpointAfterMs: 3,
      checkpointCountMin: 4,
      checkpointCountMax: 5,
      subscriberCountMax: 6,
      liveBufferSize: 8,
      readBatchSize: 9,
      historyBufferSize: 10,
      strategy: 'PinnedByCorrelation',
    }
    const store = await storeWithGroup(settings)
    store.crash()
    expect(store.group().info().settings).toEqual(settings)
  })
})

/** The first event of the stream. */
function must(store: Store) {
  const event = store.log.findEvent(key.streamName, 0)
  if (!event) throw new Error('Nothing was appended.')
  return event
}
