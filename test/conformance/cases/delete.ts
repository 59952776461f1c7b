/** Deletions: those one can come back from, and tombstones. */
import assert from 'node:assert/strict'
import { collect, fact, facts, fails, positionOf, readValues } from '../case-tools.ts'
import { conformanceCases } from '../conformance-case.ts'

export const deleteCases = [
  ...conformanceCases('A deletion', {
    'says where in the log it happened': async ({ client, newStream }) => {
      const streamName = newStream()
      const appended = positionOf(await client.append(streamName, facts(2)))
      assert.ok(positionOf(await client.calls.deleteStream(streamName)).commit > appended.commit)
    },

    'asks for the last revision, or for anything': async ({ client, newStream }) => {
      for (const expectedRevision of ['any', 2n] as const) {
        const streamName = newStream()
        await client.append(streamName, facts(3))
        await client.calls.deleteStream(streamName, { expectedRevision })
        await fails(readValues(client, streamName), { type: 'stream-not-found' })
      }
    },

    'is refused under any other belief, and the stream stays': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.append(streamName, facts(3))
      for (const expectedRevision of ['no_stream', 1n, 7n] as const)
        await fails(client.calls.deleteStream(streamName, { expectedRevision }), {
          type: 'wrong-expected-version',
          streamName,
        })
      await fails(client.calls.deleteStream(streamName, { expectedRevision: 7n }), { expected: 7n, actual: 2n })
      assert.deepEqual(await readValues(client, streamName), [0, 1, 2])
    },

    'of a stream that has only metadata passes under "no stream"': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.calls.setStreamMetadata(streamName, { cacheControl: 10 })
      positionOf(await client.calls.deleteStream(streamName, { expectedRevision: 'no_stream' }))
    },

    'keeps the metadata but for the truncation, through being taken up again': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.append(streamName, facts(2))
      await client.calls.setStreamMetadata(streamName, { maxCount: 100, custom: 'kept' })
      await client.calls.deleteStream(streamName)
      await client.append(streamName, [fact(2), fact(3)], { expected: 1n })
      assert.deepEqual(await readValues(client, streamName), [2, 3])
      const { metadata } = await client.calls.getStreamMetadata(streamName)
      assert.deepEqual(metadata, { maxCount: 100, custom: 'kept', truncateBefore: 2 })
    },

    'lets a stream go on counting where it was': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.append(streamName, facts(3))
      await client.calls.deleteStream(streamName)
      assert.equal((await client.append(streamName, [fact(3)])).nextExpectedRevision, 3n)
      assert.equal((await client.append(streamName, [fact(4)], { expected: 3n })).nextExpectedRevision, 4n)
      const events = await collect(client.calls.readStream(streamName))
      assert.deepEqual(
        events.map(({ event }) => event?.revision),
        [3n, 4n],
      )
    },

    'allows "no stream" for the first append after it only': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.append(streamName, facts(2), { expected: 'no_stream' })
      await client.calls.deleteStream(streamName)
      assert.equal((await client.append(streamName, facts(3), { expected: 'no_stream' })).nextExpectedRevision, 4n)
      await fails(client.append(streamName, facts(1), { expected: 'no_stream' }), {
        type: 'wrong-expected-version',
        actual: 4n,
      })
    },

    'may happen again and again': async ({ client, newStream }) => {
      const streamName = newStream()
      for (const round of [0, 1, 2]) {
        await client.append(streamName, [fact(round)])
        assert.deepEqual(await readValues(client, streamName), [round])
        await client.calls.deleteStream(streamName)
        await fails(readValues(client, streamName), { type: 'stream-not-found' })
      }
    },

    'is undone for readers by new metadata, which hide what was there': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.append(streamName, facts(2))
      await client.calls.deleteStream(streamName)
      const set = await client.calls.setStreamMetadata(streamName, { maxCount: 100 }, { expectedRevision: 0n })
      assert.equal(set.nextExpectedRevision, 1n)
      assert.deepEqual(await readValues(client, streamName), [])
      const { metadata } = await client.calls.getStreamMetadata(streamName)
      assert.deepEqual(metadata, { maxCount: 100, truncateBefore: 2 })
    },
  }),

  ...conformanceCases('A tombstone', {
    'asks for the last revision, or for anything, and says where it stands': async ({ client, newStream }) => {
      for (const expectedRevision of ['any', 2n] as const) {
        const streamName = newStream()
        await client.append(streamName, facts(3))
        positionOf(await client.calls.tombstoneStream(streamName, { expectedRevision }))
        await fails(readValues(client, streamName), { type: 'stream-deleted', streamName })
      }
    },

    'may stand where nothing was': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.calls.tombstoneStream(streamName, { expectedRevision: 'no_stream' })
      await fails(readValues(client, streamName), { type: 'stream-deleted' })
      await fails(client.append(streamName, facts(1), { expected: 'no_stream' }), { type: 'stream-deleted' })
    },

    'is refused under any other belief, and the stream stays': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.append(streamName, facts(3))
      for (const expectedRevision of ['no_stream', 1n, 7n] as const)
        await fails(client.calls.tombstoneStream(streamName, { expectedRevision }), {
          type: 'wrong-expected-version',
          streamName,
        })
      assert.deepEqual(await readValues(client, streamName), [0, 1, 2])
    },

    'may follow a deletion': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.append(streamName, facts(2))
      await client.calls.deleteStream(streamName)
      await client.calls.tombstoneStream(streamName)
      await fails(readValues(client, streamName), { type: 'stream-deleted', streamName })
    },

    'cannot be put twice, nor the stream deleted after it': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.append(streamName, facts(2))
      await client.calls.tombstoneStream(streamName)
      await fails(client.calls.tombstoneStream(streamName), { type: 'stream-deleted', streamName })
      await fails(client.calls.deleteStream(streamName), { type: 'stream-deleted', streamName })
    },

    'takes the metadata with it': async ({ client, newStream }) => {
      const streamName = newStream()
      await client.append(streamName, facts(2))
      await client.calls.setStreamMetadata(streamName, { maxCount: 5 })
      await client.calls.tombstoneStream(streamName)
      await fails(client.calls.getStreamMetadata(streamName), {
        type: 'stream-deleted',
        streamName: `$$${streamName}`,
      })
      await fails(client.calls.setStreamMetadata(streamName, { maxCount: 1 }), { type: 'stream-deleted' })
    },
  }),
]
