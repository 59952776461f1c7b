/** Stream metadata: what is set comes back, and what it hides is hidden from readers of the stream. */
import assert from 'node:assert/strict'
import { collect, eventually, fact, facts, fails, range, readValues, watch } from '../case-tools.ts'
import { conformanceCases } from '../conformance-case.ts'

export const streamMetadataCases = conformanceCases('Stream metadata', {
  'of every kind come back as they were set': async ({ client, newStream }) => {
    const streamName = newStream()
    const metadata = {
      maxAge: 3_600,
      maxCount: 17,
      truncateBefore: 3,
      cacheControl: 60,
      acl: {
        readRoles: ['$all'],
        writeRoles: ['$admins', '$all'],
        deleteRoles: ['$admins'],
        metaReadRoles: ['$all'],
        metaWriteRoles: ['$all'],
      },
      custom: { nested: ['as', 'it', { was: true }] },
      counted: 42,
    }
    assert.equal((await client.calls.setStreamMetadata(streamName, metadata)).nextExpectedRevision, 0n)
    const read = await client.calls.getStreamMetadata(streamName)
    assert.equal(read.streamName, streamName)
    assert.deepEqual(read.metadata, metadata)
  },

  'of a stream that never had any are absent': async ({ client, newStream }) => {
    const streamName = newStream()
    assert.equal((await client.calls.getStreamMetadata(streamName)).metadata, undefined)
    await client.append(streamName, facts(1))
    assert.equal((await client.calls.getStreamMetadata(streamName)).metadata, undefined)
  },

  'may be set before the stream is there': async ({ client, newStream }) => {
    const streamName = newStream()
    await client.calls.setStreamMetadata(streamName, { maxCount: 2 })
    await client.append(streamName, facts(5), { expected: 'no_stream' })
    assert.deepEqual(await readValues(client, streamName), [3, 4])
  },

  'are replaced as a whole': async ({ client, newStream }) => {
    const streamName = newStream()
    await client.calls.setStreamMetadata(streamName, { maxCount: 2, custom: 1 })
    await client.calls.setStreamMetadata(streamName, { maxAge: 60 })
    assert.deepEqual((await client.calls.getStreamMetadata(streamName)).metadata, { maxAge: 60 })
  },

  'live in a stream that counts on and shows only the newest': async ({ client, newStream }) => {
    const streamName = newStream()
    for (const maxCount of [1, 2, 3]) await client.calls.setStreamMetadata(streamName, { maxCount })
    const events = await collect(client.calls.readStream(`$$${streamName}`))
    assert.deepEqual(
      events.map(({ event }) => [event?.type, event?.revision, event?.data]),
      [['$metadata', 2n, { $maxCount: 3 }]],
    )
  },

  'are set under an expected revision of their own': [
    // The newer client does not pass it on.
    { clients: ['eventstore'] },
    async ({ client, newStream }) => {
      const streamName = newStream()
      const set = (maxCount: number, expectedRevision: 'no_stream' | bigint) =>
        client.calls.setStreamMetadata(streamName, { maxCount }, { expectedRevision })
      await client.append(streamName, facts(5))
      assert.equal((await set(1, 'no_stream')).nextExpectedRevision, 0n)
      assert.equal((await set(2, 0n)).nextExpectedRevision, 1n)
      await fails(set(3, 0n), {
        type: 'wrong-expected-version',
        streamName: `$$${streamName}`,
        expected: 0n,
        actual: 1n,
      })
      assert.deepEqual((await client.calls.getStreamMetadata(streamName)).metadata, { maxCount: 2 })
    },
  ],

  'with a largest count show the last so many events': async ({ client, newStream }) => {
    const streamName = newStream()
    await client.append(streamName, facts(10))
    await client.calls.setStreamMetadata(streamName, { maxCount: 3 })
    assert.deepEqual(await readValues(client, streamName), [7, 8, 9])
    assert.deepEqual(await readValues(client, streamName, { fromRevision: 2n, maxCount: 2 }), [7, 8])
    const backwards = { direction: 'backwards', fromRevision: 'end' } as const
    assert.deepEqual(await readValues(client, streamName, backwards), [9, 8, 7])
    assert.deepEqual(await readValues(client, streamName, { direction: 'backwards', fromRevision: 5n }), [])
    await client.append(streamName, [fact(10)], { expected: 9n })
    assert.deepEqual(await readValues(client, streamName), [8, 9, 10])
  },

  'that are loosened show again what is still there': [
    { ownServerOnly: 'a scavenge in between may have taken it' },
    async ({ client, newStream }) => {
      const streamName = newStream()
      await client.append(streamName, facts(10))
      await client.calls.setStreamMetadata(streamName, { maxCount: 3 })
      await client.calls.setStreamMetadata(streamName, { maxCount: 5 })
      assert.deepEqual(await readValues(client, streamName), range(5, 10))
    },
  ],

  'with a truncation hide the events before it, all of them too': async ({ client, newStream }) => {
    const streamName = newStream()
    await client.append(streamName, facts(10))
    await client.calls.setStreamMetadata(streamName, { truncateBefore: 8 })
    assert.deepEqual(await readValues(client, streamName), [8, 9])
    await client.calls.setStreamMetadata(streamName, { truncateBefore: 10 })
    assert.deepEqual(await readValues(client, streamName), [])
    await client.append(streamName, [fact(10)], { expected: 9n })
    assert.deepEqual(await readValues(client, streamName), [10])
  },

  'with a largest age hide what is older, as time goes by': async ({ client, newStream }) => {
    const streamName = newStream()
    await client.append(streamName, facts(3))
    await client.calls.setStreamMetadata(streamName, { maxAge: 3_600 })
    assert.deepEqual(await readValues(client, streamName), [0, 1, 2])
    let isShownInTime = false
    for (let [value, maxAge] = [3, 1]; !isShownInTime; value++, maxAge *= 2) {
      await client.calls.setStreamMetadata(streamName, { maxAge })
      await eventually('the old events are hidden', async () => (await readValues(client, streamName)).length === 0)
      const appendedAfter = performance.now()
      await client.append(streamName, [fact(value)], { expected: BigInt(value - 1) })
      const shown = await readValues(client, streamName)
      // On a busy machine the new one may be too old as well before it is read: the next one has twice the time.
      isShownInTime = performance.now() - appendedAfter < maxAge * 1_000
      if (isShownInTime) assert.deepEqual(shown, [value])
    }
  },

  'together hide what any of them hides': async ({ client, newStream }) => {
    const streamName = newStream()
    await client.append(streamName, facts(10))
    await client.calls.setStreamMetadata(streamName, { truncateBefore: 4, maxCount: 8, maxAge: 3_600 })
    assert.deepEqual(await readValues(client, streamName), range(4, 10))
    await client.calls.setStreamMetadata(streamName, { truncateBefore: 4, maxCount: 2, maxAge: 3_600 })
    assert.deepEqual(await readValues(client, streamName), [8, 9])
  },

  'are honoured by subscriptions to the stream': async (context) => {
    const { client } = context
    const streamName = context.newStream()
    await client.append(streamName, facts(10))
    await client.calls.setStreamMetadata(streamName, { maxCount: 2 })
    const watching = watch(context, client.calls.subscribeToStream(streamName))
    await watching.first(2)
    await client.append(streamName, [fact(10)])
    assert.deepEqual(await watching.firstValues(3), [8, 9, 10])
  },

  'written as an event do the same': async ({ client, newStream }) => {
    const streamName = newStream()
    await client.append(streamName, facts(5))
    const written = { ...fact(0, '$metadata'), contentType: 'application/json' as const, data: { $maxCount: 1 } }
    await client.append(`$$${streamName}`, [written])
    assert.deepEqual(await readValues(client, streamName), [4])
    assert.deepEqual((await client.calls.getStreamMetadata(streamName)).metadata, { maxCount: 1 })
  },

  'with a largest count change no revision: appends go on as before': async ({ client, newStream }) => {
    const streamName = newStream()
    await client.calls.setStreamMetadata(streamName, { maxCount: 1 })
    for (const value of range(0, 5))
      await client.append(streamName, [fact(value)], { expected: value === 0 ? 'no_stream' : BigInt(value - 1) })
    assert.deepEqual(await readValues(client, streamName), [4])
  },
})
