/** Every belief about a stream, against every state it can be in, over both calls that append. */
import assert from 'node:assert/strict'
import { fact, facts, fails, readValues } from '../case-tools.ts'
import { type CaseContext, type ConformanceCase, conformanceCases } from '../conformance-case.ts'
import type { ExpectedRevision, ProposedEvent } from '../conformance-client.ts'

/** The clients append over the batch call, or one call an append when it carries credentials. */
export const ways = ['over the batch call', 'over its own call'] as const

export function appender({ client, admin }: CaseContext, way: (typeof ways)[number]) {
  const options = way === 'over its own call' ? { credentials: admin } : {}
  return (streamName: string, events: ProposedEvent[], expected: ExpectedRevision = 'any') =>
    client.append(streamName, events, { expected, ...options })
}

const conflict = (expected: ExpectedRevision, actual: 'no_stream' | bigint, streamName: string) => ({
  type: 'wrong-expected-version',
  expected,
  actual,
  streamName,
})

const casesOf = (way: (typeof ways)[number]): readonly ConformanceCase[] =>
  conformanceCases(`An append ${way}`, {
    'makes an absent stream under "any" and "no stream", and only under these': async (context) => {
      const append = appender(context, way)
      for (const expected of ['any', 'no_stream'] as const)
        assert.equal((await append(context.newStream(), facts(1), expected)).nextExpectedRevision, 0n)
      for (const expected of ['stream_exists', 0n, 5n] as const) {
        const streamName = context.newStream()
        await fails(append(streamName, facts(1), expected), conflict(expected, 'no_stream', streamName))
        await fails(readValues(context.client, streamName), { type: 'stream-not-found', streamName })
      }
    },

    'adds to a stream under "any", "stream exists" and its last revision': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      await append(streamName, [fact(0), fact(1)], 'no_stream')
      assert.equal((await append(streamName, [fact(2)], 'any')).nextExpectedRevision, 2n)
      assert.equal((await append(streamName, [fact(3)], 'stream_exists')).nextExpectedRevision, 3n)
      assert.equal((await append(streamName, [fact(4)], 3n)).nextExpectedRevision, 4n)
      assert.deepEqual(await readValues(context.client, streamName), [0, 1, 2, 3, 4])
    },

    'is refused by a stream under "no stream" and every other revision, and told the last one': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      await append(streamName, [fact(0), fact(1)])
      for (const expected of ['no_stream', 0n, 2n, 5_000_000_000_000n] as const)
        await fails(append(streamName, facts(1), expected), conflict(expected, 1n, streamName))
      assert.deepEqual(await readValues(context.client, streamName), [0, 1])
    },

    'takes a deleted stream up again under "any", "no stream" and its last revision': async (context) => {
      const append = appender(context, way)
      for (const expected of ['any', 'no_stream', 1n] as const) {
        const streamName = context.newStream()
        await append(streamName, [fact(0), fact(1)])
        await context.client.calls.deleteStream(streamName)
        assert.equal((await append(streamName, [fact(2), fact(3)], expected)).nextExpectedRevision, 3n)
        assert.deepEqual(await readValues(context.client, streamName), [2, 3])
      }
    },

    'to a deleted stream under "stream exists" is told that it is deleted': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      await append(streamName, facts(2))
      await context.client.calls.deleteStream(streamName)
      await fails(append(streamName, facts(1), 'stream_exists'), { type: 'stream-deleted', streamName })
    },

    'to a deleted stream under another revision is refused': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      await append(streamName, facts(2))
      await context.client.calls.deleteStream(streamName)
      await fails(append(streamName, facts(1), 7n), { type: 'wrong-expected-version', expected: 7n, streamName })
    },

    'to a tombstoned stream is told so under every belief': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      await append(streamName, facts(2))
      await context.client.calls.tombstoneStream(streamName)
      for (const expected of ['any', 'no_stream', 'stream_exists', 1n, 9n] as const)
        await fails(append(streamName, facts(1), expected), { type: 'stream-deleted', streamName })
    },

    'finds a stream that has only metadata to exist': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      await context.client.calls.setStreamMetadata(streamName, { maxCount: 10 })
      assert.equal((await append(streamName, [fact(0)], 'stream_exists')).nextExpectedRevision, 0n)
      assert.deepEqual(await readValues(context.client, streamName), [0])
    },

    'of nothing passes when its belief holds, and makes no stream': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      for (const expected of ['any', 'no_stream'] as const)
        assert.equal((await append(streamName, [], expected)).success, true)
      await fails(readValues(context.client, streamName), { type: 'stream-not-found' })
      await append(streamName, [fact(0), fact(1)], 'no_stream')
      assert.equal((await append(streamName, [], 1n)).success, true)
      assert.deepEqual(await readValues(context.client, streamName), [0, 1])
    },
  })

export const appendExpectationCases = [
  ...ways.flatMap(casesOf),
  ...conformanceCases('A client that asks for answers rather than errors', {
    'gets a conflict as an answer without success, and nothing is written': async (context) => {
      const quiet = context.openClient({ query: 'throwOnAppendFailure=false' })
      const streamName = context.newStream()
      assert.equal((await quiet.append(streamName, facts(2), { expected: 'no_stream' })).success, true)
      for (const options of [{}, { credentials: context.admin }]) {
        const result = await quiet.append(streamName, facts(1), { expected: 'no_stream', ...options })
        assert.equal(result.success, false)
        assert.equal(result.position, undefined)
      }
      assert.deepEqual(await readValues(context.client, streamName), [0, 1])
    },
  }),
]
