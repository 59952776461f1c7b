/** Reads of one stream: from where, which way, how many, and what is said of streams that are not there. */
import assert from 'node:assert/strict'
import { collect, fact, facts, fails, openApart, range, readValues } from '../case-tools.ts'
import { type CaseContext, conformanceCases } from '../conformance-case.ts'

async function streamOf(count: number, { client, newStream }: CaseContext): Promise<string> {
  const streamName = newStream()
  await client.append(streamName, facts(count), { expected: 'no_stream' })
  return streamName
}

export const readStreamCases = conformanceCases('A stream read', {
  'forwards begins at the start, or at any revision, which it includes': async (context) => {
    const streamName = await streamOf(10, context)
    assert.deepEqual(await readValues(context.client, streamName), range(0, 10))
    assert.deepEqual(await readValues(context.client, streamName, { fromRevision: 'start' }), range(0, 10))
    assert.deepEqual(await readValues(context.client, streamName, { fromRevision: 7n }), [7, 8, 9])
  },

  'backwards begins at the end, or at any revision, which it includes': async (context) => {
    const streamName = await streamOf(5, context)
    const backwards = { direction: 'backwards' } as const
    assert.deepEqual(
      await readValues(context.client, streamName, { ...backwards, fromRevision: 'end' }),
      [4, 3, 2, 1, 0],
    )
    assert.deepEqual(await readValues(context.client, streamName, { ...backwards, fromRevision: 2n }), [2, 1, 0])
    assert.deepEqual(await readValues(context.client, streamName, { ...backwards, fromRevision: 0n }), [0])
  },

  'gives no more than was asked for': async (context) => {
    const streamName = await streamOf(10, context)
    assert.deepEqual(await readValues(context.client, streamName, { maxCount: 3 }), [0, 1, 2])
    assert.deepEqual(await readValues(context.client, streamName, { fromRevision: 8n, maxCount: 5 }), [8, 9])
    const last = { direction: 'backwards', fromRevision: 'end', maxCount: 1 } as const
    assert.deepEqual(await readValues(context.client, streamName, last), [9])
  },

  'beyond the end is empty forwards, and begins at the end backwards': async (context) => {
    const streamName = await streamOf(5, context)
    assert.deepEqual(await readValues(context.client, streamName, { fromRevision: 5n }), [])
    assert.deepEqual(await readValues(context.client, streamName, { fromRevision: 4_000_000_000n }), [])
    const beyond = { direction: 'backwards', fromRevision: 100n } as const
    assert.deepEqual(await readValues(context.client, streamName, beyond), [4, 3, 2, 1, 0])
  },

  'forwards from the end is empty, and backwards from the start is the first event': [
    // The newer client sends these as reads the other way round.
    { clients: ['eventstore'] },
    async (context) => {
      const streamName = await streamOf(5, context)
      assert.deepEqual(await readValues(context.client, streamName, { fromRevision: 'end' }), [])
      const atStart = { direction: 'backwards', fromRevision: 'start' } as const
      assert.deepEqual(await readValues(context.client, streamName, atStart), [0])
    },
  ],

  'of thousands of events has all of them in order, both ways': async (context) => {
    const streamName = await streamOf(3_000, context)
    assert.deepEqual(await readValues(context.client, streamName), range(0, 3_000))
    const backwards = await readValues(context.client, streamName, { direction: 'backwards', fromRevision: 'end' })
    assert.deepEqual(backwards.reverse(), range(0, 3_000))
  },

  'counts revisions from zero, without a gap, and gives growing positions': async (context) => {
    const streamName = await streamOf(20, context)
    const events = (await collect(context.client.calls.readStream(streamName))).map(({ event }) => event)
    assert.deepEqual(
      events.map((event) => event?.revision),
      range(0, 20).map(BigInt),
    )
    const commits = events.map((event) => event?.position?.commit ?? -1n)
    assert.ok(commits.every((commit, index) => index === 0 || commit > (commits[index - 1] ?? 0n)))
  },

  'of a stream that was never there says so': async ({ client, newStream }) => {
    const streamName = newStream()
    await fails(readValues(client, streamName), { type: 'stream-not-found', streamName })
    await fails(readValues(client, streamName, { direction: 'backwards', fromRevision: 'end' }), {
      type: 'stream-not-found',
    })
    await fails(readValues(client, streamName, { fromRevision: 3n, maxCount: 1 }), { type: 'stream-not-found' })
  },

  'of a stream that has only metadata says that it is not there': async ({ client, newStream }) => {
    const streamName = newStream()
    await client.calls.setStreamMetadata(streamName, { maxCount: 3 })
    await fails(readValues(client, streamName), { type: 'stream-not-found' })
  },

  'of a deleted stream says that it is not there': async (context) => {
    const streamName = await streamOf(3, context)
    await context.client.calls.deleteStream(streamName)
    await fails(readValues(context.client, streamName), { type: 'stream-not-found', streamName })
  },

  'of a tombstoned stream says that it is deleted, both ways': async (context) => {
    const streamName = await streamOf(3, context)
    await context.client.calls.tombstoneStream(streamName)
    await fails(readValues(context.client, streamName), { type: 'stream-deleted', streamName })
    await fails(readValues(context.client, streamName, { direction: 'backwards', fromRevision: 'end' }), {
      type: 'stream-deleted',
    })
  },

  'of names that look alike keeps them apart': async ({ client, newStream }) => {
    const streamName = newStream('Order')
    const others = [streamName.toLowerCase(), `${streamName} `, `${streamName}\u0301`]
    await client.append(streamName, [fact(0)])
    for (const other of others) await fails(readValues(client, other), { type: 'stream-not-found' })
    for (const [index, other] of others.entries())
      await client.append(other, [fact(index + 1)], { expected: 'no_stream' })
    for (const [index, name] of [streamName, ...others].entries())
      assert.deepEqual(await readValues(client, name), [index])
  },

  'left half-way hinders nobody': async (context) => {
    const streamName = await streamOf(2_000, context)
    const leaving = openApart(context).calls
    for await (const { event } of leaving.readStream(streamName)) if (event?.revision === 3n) break
    assert.equal((await readValues(context.client, streamName, { fromRevision: 1_990n })).length, 10)
  },

  'sees what was appended before it began': async ({ client, newStream }) => {
    const streamName = newStream()
    for (const value of range(0, 30)) {
      await client.append(streamName, [fact(value)])
      const last = await readValues(client, streamName, { direction: 'backwards', fromRevision: 'end', maxCount: 1 })
      assert.deepEqual(last, [value])
    }
  },
})
