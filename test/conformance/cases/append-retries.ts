/** Retries: an append whose events are there already, recognised by their ids. */
import assert from 'node:assert/strict'
import { fact, facts, fails, readValues } from '../case-tools.ts'
import { type ConformanceCase, conformanceCases } from '../conformance-case.ts'
import { appender, ways } from './append-expectations.ts'

const casesOf = (way: (typeof ways)[number]): readonly ConformanceCase[] =>
  conformanceCases(`A retry ${way}`, {
    'is answered as the first time under every belief, and writes nothing': async (context) => {
      const append = appender(context, way)
      for (const expected of ['any', 'no_stream', 'stream_exists', 1n] as const) {
        const streamName = context.newStream()
        const before = expected === 'no_stream' ? [] : [fact(90), fact(91)]
        if (before.length > 0) await append(streamName, before)
        const events = facts(3)
        const first = await append(streamName, events, expected)
        assert.deepEqual(await append(streamName, events, expected), first)
        assert.equal((await readValues(context.client, streamName)).length, before.length + 3)
      }
    },

    'is recognised though others have appended since': async (context) => {
      const append = appender(context, way)
      for (const expected of ['any', 'no_stream', 'stream_exists', 0n] as const) {
        const streamName = context.newStream()
        if (expected !== 'no_stream') await append(streamName, [fact(90)])
        const events = facts(2)
        const first = await append(streamName, events, expected)
        await append(streamName, facts(5))
        assert.equal((await append(streamName, events, expected)).nextExpectedRevision, first.nextExpectedRevision)
        assert.equal((await readValues(context.client, streamName)).length, expected === 'no_stream' ? 7 : 8)
      }
    },

    'of the first part of an append is recognised': async (context) => {
      const append = appender(context, way)
      for (const expected of ['any', 'no_stream'] as const) {
        const streamName = context.newStream()
        const events = facts(6)
        await append(streamName, events, 'no_stream')
        await append(streamName, events.slice(0, 1), expected)
        assert.deepEqual(await readValues(context.client, streamName), [0, 1, 2, 3, 4, 5])
      }
    },

    'of a later part is recognised under "any" and the revision before it': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      const events = facts(3)
      await append(streamName, events, 'no_stream')
      await append(streamName, events.slice(1, 2), 'any')
      assert.equal((await append(streamName, events.slice(1), 0n)).nextExpectedRevision, 2n)
      assert.deepEqual(await readValues(context.client, streamName), [0, 1, 2])
    },

    'that brings more than was written is a conflict': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      const events = facts(3)
      await append(streamName, events.slice(0, 2), 'no_stream')
      await fails(append(streamName, events, 'no_stream'), { type: 'wrong-expected-version', actual: 1n })
      assert.deepEqual(await readValues(context.client, streamName), [0, 1])
    },

    'at another place than where it was written is a conflict': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      const events = facts(6)
      await append(streamName, events, 'no_stream')
      await fails(append(streamName, events.slice(0, 1), 4n), { type: 'wrong-expected-version', actual: 5n })
      await fails(append(streamName, events.slice(0, 1), 6n), { type: 'wrong-expected-version', actual: 5n })
    },

    'whose belief names the last revision is none: the event is written again': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      const events = facts(6)
      await append(streamName, events, 'no_stream')
      assert.equal((await append(streamName, events.slice(0, 1), 5n)).nextExpectedRevision, 6n)
      assert.deepEqual(await readValues(context.client, streamName), [0, 1, 2, 3, 4, 5, 0])
    },

    'of one event many times over in one append is written so often, and recognised under "no stream"': async (
      context,
    ) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      const one = fact(7)
      const events = [one, one, one, one]
      assert.equal((await append(streamName, events, 'no_stream')).nextExpectedRevision, 3n)
      assert.equal((await append(streamName, events, 'no_stream')).nextExpectedRevision, 3n)
      assert.deepEqual(await readValues(context.client, streamName), [7, 7, 7, 7])
    },

    'is known by the ids alone: another stream knows nothing of it': async (context) => {
      const append = appender(context, way)
      const [first, second] = [context.newStream(), context.newStream()]
      const events = facts(2)
      await append(first, events)
      await append(second, events)
      assert.deepEqual(await readValues(context.client, second), [0, 1])
    },

    'of what took a deleted stream up again is recognised': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      await append(streamName, [fact(90), fact(91)], 'no_stream')
      await context.client.calls.deleteStream(streamName)
      const events = facts(2)
      const first = await append(streamName, events, 1n)
      assert.equal((await append(streamName, events, 1n)).nextExpectedRevision, first.nextExpectedRevision)
      assert.deepEqual(await readValues(context.client, streamName), [0, 1])
    },
  })

export const appendRetryCases = ways.flatMap(casesOf)
