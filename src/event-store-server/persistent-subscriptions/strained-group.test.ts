/** Groups on a disk that is full, under a clock that is put back, with very many messages or very large ones. */
import { expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { Consumer, range, settle, storeWithGroup } from './group-scenario.ts'

test('goes on reading when as many as it parks at once are parked together', async () => {
  const store = await storeWithGroup()
  await store.append(4_000)
  const consumer = new Consumer(store, { bufferSize: 2_000 })
  while (consumer.values.length < 2_000) await settle()
  await consumer.nack('park', ...range(0, 2_000))
  await settle()
  expect(consumer.values.length).toBeGreaterThan(3_900)
})

test('does not wait longer for an answer when the clock is put back', async () => {
  const store = await storeWithGroup({ messageTimeoutMs: 1_000 })
  await store.append(1)
  const consumer = new Consumer(store)
  await settle()
  const { now } = store.clock
  store.clock.now = () => now() - 3_600_000
  store.clock.advance(2_001)
  expect(consumer.retryCounts).toEqual([0, 1])
})

test('tries a checkpoint that was not written again after a while, not with every acknowledgement', async () => {
  const store = await storeWithGroup({ checkpointCountMax: 1 })
  await store.append(20)
  const consumer = new Consumer(store, { bufferSize: 20 })
  await settle()
  const { commit } = store.storage
  let attempts = 0
  store.storage.commit = () => {
    attempts++
    throw new PlatformError('disk-full', 'No room.')
  }
  for (const place of range(0, 20)) await consumer.ack(place)
  expect(attempts).toBeLessThanOrEqual(2)
  store.storage.commit = commit
  store.clock.advance(10_000)
  await settle()
  expect(store.group().info().checkpoint).toBe(19)
})

test('holds little of what many links lead to, however large that is', async () => {
  const store = await storeWithGroup({ resolveLinks: true, readBatchSize: 200 })
  const append = (streamName: string, type: string, data: Buffer) => {
    const event = { id: newUuid(), type, contentType: 'application/octet-stream', data, metadata: Buffer.alloc(0) }
    return store.log.request({ kind: 'append', streamName, expected: 'any', events: [event] })
  }
  for (let revision = 0; revision < 4; revision++) await append('large', 'Grown', Buffer.alloc(1_048_576))
  for (let link = 0; link < 200; link++) await append('work', '$>', Buffer.from(`${link % 4}@large`))
  const consumer = new Consumer(store, { bufferSize: 200 })
  await settle()
  // What one consumer may have in flight, what waits, and one batch more.
  expect(consumer.values.length).toBeLessThanOrEqual(33)
  const { historyBufferCount, liveBufferCount } = store.group().info()
  expect(historyBufferCount + liveBufferCount).toBeLessThanOrEqual(20)
  for (let place = 0; place < 200; place++) await consumer.ack(place)
  expect(consumer.values.length).toBe(200)
})

test('delivers again what cannot be parked', async () => {
  const store = await storeWithGroup()
  await store.append(1)
  const consumer = new Consumer(store)
  await settle()
  const { commit } = store.storage
  store.storage.commit = () => {
    throw new PlatformError('disk-full', 'No room.')
  }
  await consumer.nack('park', 0)
  store.storage.commit = commit
  expect(consumer.values).toEqual([0])
  store.clock.advance(1_000)
  expect(consumer.values).toEqual([0, 0])
  await consumer.nack('park', 1)
  expect(store.group().info()).toMatchObject({ parkedCount: 1, outstandingCount: 0 })
})

test('a reason that is given for many messages is cut, not written in full with each', async () => {
  const store = await storeWithGroup()
  await store.append(10)
  const consumer = new Consumer(store)
  await settle()
  consumer.refuse(range(0, 10), 'so '.repeat(100_000))
  await settle()
  expect(store.group().info().parkedCount).toBe(10)
  const link = store.log.findEvent('$persistentsubscription-work::workers-parked', 9)
  expect(link?.record.length).toBeLessThan(2_000)
})
