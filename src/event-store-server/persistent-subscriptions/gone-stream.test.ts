/** Groups whose stream is deleted or tombstoned under them. */
import { expect, test } from 'bun:test'
import { Consumer, key, range, settle, storeWithGroup } from './group-scenario.ts'

test.each(['tombstone', 'delete'] as const)(
  'a %s of its stream ends what a group reads of it, and lets it rest',
  async (kind) => {
    const store = await storeWithGroup({ historyBufferSize: 4, readBatchSize: 2 })
    await store.append(10)
    const consumer = new Consumer(store, { bufferSize: 2 })
    await settle()
    await store.log.request({ kind, streamName: key.streamName, expected: 'any' })
    for (let place = 0; place < 10; place++) await consumer.ack(place)
    let reads = 0
    const { readStream } = store.storage
    store.storage.readStream = (range) => {
      reads++
      return readStream.call(store.storage, range)
    }
    await settle()
    expect(reads).toBe(0)
    // What was read before that is delivered.
    expect(consumer.values).toEqual(range(0, 6))
    expect(store.group().info()).toMatchObject({ status: 'Live', outstandingCount: 0 })
  },
)
