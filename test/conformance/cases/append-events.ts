/** What an append carries: how many events, how large, of which kind; and what comes back of them. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { binary, collect, fact, facts, fails, positionOf, range, readValues } from '../case-tools.ts'
import { type ConformanceCase, conformanceCases } from '../conformance-case.ts'
import type { ConformanceClient, RecordedEvent } from '../conformance-client.ts'
import { appender, ways } from './append-expectations.ts'

async function readFirst(client: ConformanceClient, streamName: string): Promise<RecordedEvent> {
  const [first] = await collect(client.calls.readStream(streamName))
  assert.ok(first?.event, 'the stream has an event')
  return first.event
}

/** As plain bytes: one client gives a Buffer, the other an array. */
function bytesOf({ data }: RecordedEvent): number[] {
  assert.ok(data instanceof Uint8Array, 'the data are bytes')
  return [...data]
}

const casesOf = (way: (typeof ways)[number]): readonly ConformanceCase[] =>
  conformanceCases(`What is appended ${way}`, {
    'is answered with the revision and the position of its last event': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      const result = await append(streamName, facts(3), 'no_stream')
      assert.equal(result.success, true)
      assert.equal(result.nextExpectedRevision, 2n)
      const [last] = await collect(
        context.client.calls.readStream(streamName, { direction: 'backwards', fromRevision: 'end', maxCount: 1 }),
      )
      assert.equal(last?.event?.revision, 2n)
      assert.deepEqual(last?.event?.position, result.position)
    },

    'comes later in the log than what was appended before, in any stream': async (context) => {
      const append = appender(context, way)
      const first = positionOf(await append(context.newStream(), facts(1)))
      const second = positionOf(await append(context.newStream(), facts(1)))
      assert.ok(second.commit > first.commit && second.prepare > first.prepare)
    },

    'is whole: hundreds of events get revisions without a gap': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      assert.equal((await append(streamName, facts(500), 'no_stream')).nextExpectedRevision, 499n)
      assert.deepEqual(await readValues(context.client, streamName), range(0, 500))
    },

    'keeps id, type, data and metadata': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      const given = fact(42)
      const before = Date.now()
      await append(streamName, [given])
      const read = await readFirst(context.client, streamName)
      assert.equal(read.id, given.id)
      assert.equal(read.streamId, streamName)
      assert.equal(read.type, 'Ordered')
      assert.equal(read.isJson, true)
      assert.deepEqual(read.data, { value: 42 })
      assert.deepEqual(read.metadata, { by: 'conformance' })
      assert.ok(Math.abs(read.created.getTime() - before) < 60_000, `created at ${read.created.toISOString()}`)
    },

    'keeps nested data, numbers at their edges and text of every script': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream('Größe-漢字-🛠')
      const data = { list: [1, { deep: null }], edge: Number.MAX_SAFE_INTEGER, text: 'åß漢🛠\u0000\u2028"\\', yes: true }
      await append(streamName, [
        { id: randomUUID(), type: 'Målt 漢🛠', contentType: 'application/json', data, metadata: { ключ: ['värde'] } },
      ])
      const read = await readFirst(context.client, streamName)
      assert.equal(read.streamId, streamName)
      assert.equal(read.type, 'Målt 漢🛠')
      assert.deepEqual(read.data, data)
      assert.deepEqual(read.metadata, { ключ: ['värde'] })
    },

    'keeps bytes as bytes, none of them too': async (context) => {
      const append = appender(context, way)
      for (const bytes of [[0, 1, 2, 127, 128, 255], []]) {
        const streamName = context.newStream()
        await append(streamName, [binary(Uint8Array.from(bytes))])
        const read = await readFirst(context.client, streamName)
        assert.equal(read.isJson, false)
        assert.deepEqual(bytesOf(read), bytes)
        assert.equal(read.metadata, undefined)
      }
    },

    'keeps metadata that are bytes': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      await append(streamName, [{ ...fact(1), metadata: Uint8Array.from([255, 0, 254]) }])
      const { metadata } = await readFirst(context.client, streamName)
      assert.ok(metadata instanceof Uint8Array)
      assert.deepEqual([...metadata], [255, 0, 254])
    },

    'may be nearly a mebibyte at once': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      const length = 1_000_000
      await append(streamName, [binary(new Uint8Array(length).fill(7))])
      assert.equal(bytesOf(await readFirst(context.client, streamName)).length, length)
    },

    'is refused when it is larger than the server allows, with the limit, and leaves nothing': async (context) => {
      const append = appender(context, way)
      const streamName = context.newStream()
      const large = Array.from({ length: 3 }, () => binary(new Uint8Array(700_000)))
      await fails(append(streamName, large), { type: 'maximum-append-size-exceeded', maxAppendSize: 1_048_576 })
      await fails(readValues(context.client, streamName), { type: 'stream-not-found' })
      assert.equal((await append(streamName, facts(1), 'no_stream')).nextExpectedRevision, 0n)
    },

    'may go to a system stream': async (context) => {
      const append = appender(context, way)
      const streamName = `$${context.newWord()}`
      assert.equal((await append(streamName, [fact(3)], 'no_stream')).nextExpectedRevision, 0n)
      assert.deepEqual(await readValues(context.client, streamName, { credentials: context.admin }), [3])
    },
  })

export const appendEventCases = [
  ...ways.flatMap(casesOf),
  ...conformanceCases('Appends', {
    'of one client in flight together all land, each stream in its order': async (context) => {
      const streams = Array.from({ length: 32 }, () => context.newStream())
      const append = (streamName: string, value: number) =>
        context.client.append(streamName, [fact(value)], { expected: value === 0 ? 'no_stream' : BigInt(value - 1) })
      for (const value of range(0, 5)) await Promise.all(streams.map((streamName) => append(streamName, value)))
      for (const streamName of streams) assert.deepEqual(await readValues(context.client, streamName), range(0, 5))
    },

    'that race under one revision: exactly one wins': async (context) => {
      const streamName = context.newStream()
      await context.client.append(streamName, [fact(0)])
      const results = await Promise.allSettled(
        range(0, 20).map((value) => context.client.append(streamName, [fact(value)], { expected: 0n })),
      )
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.equal((await readValues(context.client, streamName)).length, 2)
    },

    'larger than one chunk of the client arrive as one': async (context) => {
      const streamName = context.newStream()
      const result = await context.client.append(streamName, facts(200), {
        expected: 'no_stream',
        batchAppendSize: 2_000,
      })
      assert.equal(result.nextExpectedRevision, 199n)
      assert.deepEqual(await readValues(context.client, streamName), range(0, 200))
    },
  }),
]
