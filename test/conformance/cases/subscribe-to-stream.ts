/** Subscriptions to one stream: what was, then what comes, each once and in order. */
import assert from 'node:assert/strict'
import { fact, facts, fallsBehindAndMissesNothing, openApart, range, watch } from '../case-tools.ts'
import { conformanceCases } from '../conformance-case.ts'

export const subscribeToStreamCases = conformanceCases('A subscription to a stream', {
  'is confirmed, with an id': async (context) => {
    const subscription = context.client.calls.subscribeToStream(context.newStream())
    await watch(context, subscription).confirmed
    assert.ok((subscription.id ?? '').length > 0)
  },

  'from the start has what was and what comes': async (context) => {
    const streamName = context.newStream()
    await context.client.append(streamName, facts(5))
    const watching = watch(context, context.client.calls.subscribeToStream(streamName))
    await watching.first(5)
    await context.client.append(streamName, [fact(5), fact(6)])
    assert.deepEqual(await watching.firstValues(7), range(0, 7))
  },

  'from a revision begins after it': async (context) => {
    const streamName = context.newStream()
    await context.client.append(streamName, facts(5))
    const watching = watch(context, context.client.calls.subscribeToStream(streamName, { fromRevision: 2n }))
    await watching.first(2)
    await context.client.append(streamName, [fact(5)])
    assert.deepEqual(await watching.firstValues(3), [3, 4, 5])
  },

  'from revision zero leaves out the first event': async (context) => {
    const streamName = context.newStream()
    await context.client.append(streamName, facts(3))
    const watching = watch(context, context.client.calls.subscribeToStream(streamName, { fromRevision: 0n }))
    assert.deepEqual(await watching.firstValues(2), [1, 2])
  },

  'from the end has only what comes': async (context) => {
    const streamName = context.newStream()
    await context.client.append(streamName, facts(5))
    const watching = watch(context, context.client.calls.subscribeToStream(streamName, { fromRevision: 'end' }))
    await watching.confirmed
    await context.client.append(streamName, [fact(5)])
    assert.deepEqual(await watching.firstValues(1), [5])
  },

  'may come before the stream': async (context) => {
    for (const fromRevision of ['start', 'end'] as const) {
      const streamName = context.newStream()
      const watching = watch(context, context.client.calls.subscribeToStream(streamName, { fromRevision }))
      await watching.confirmed
      await context.client.append(streamName, facts(2), { expected: 'no_stream' })
      assert.deepEqual(await watching.firstValues(2), [0, 1])
    }
  },

  'says when it has caught up, once all that was has come': async (context) => {
    const streamName = context.newStream()
    await context.client.append(streamName, facts(700))
    const watching = watch(context, context.client.calls.subscribeToStream(streamName))
    assert.equal(await watching.countWhenCaughtUp, 700)
    await context.client.append(streamName, [fact(700)])
    assert.deepEqual(await watching.firstValues(701), range(0, 701))
  },

  'says at which revision it has caught up, and when': [
    { clients: ['kurrent'] },
    async (context) => {
      const streamName = context.newStream()
      await context.client.append(streamName, facts(3))
      const place = await watch(context, context.client.calls.subscribeToStream(streamName)).caughtUp
      assert.equal(place.revision, 2n)
      assert.equal(place.position, undefined)
      assert.ok(Math.abs((place.date?.getTime() ?? 0) - Date.now()) < 60_000)
    },
  ],

  'has no seam between what was and what comes, however fast others append': async (context) => {
    const streamName = context.newStream()
    await context.client.append(streamName, facts(300))
    const appending = (async () => {
      for (const value of range(300, 450)) await context.client.append(streamName, [fact(value)])
    })()
    const watchers = []
    for (let started = 0; started < 3; started++) {
      const watching = watch(context, context.client.calls.subscribeToStream(streamName))
      await watching.first(150)
      watchers.push(watching)
    }
    await appending
    for (const watching of watchers) assert.deepEqual(await watching.firstValues(450), range(0, 450))
  },

  'sees nothing of other streams': async (context) => {
    const [mine, other] = [context.newStream(), context.newStream()]
    const watching = watch(context, context.client.calls.subscribeToStream(mine))
    await watching.confirmed
    for (const value of range(0, 10)) {
      await context.client.append(other, [fact(100 + value)])
      await context.client.append(mine, [fact(value)])
    }
    assert.deepEqual(await watching.firstValues(10), range(0, 10))
  },

  'gets nothing more once it has unsubscribed': async (context) => {
    const streamName = context.newStream()
    const { calls } = context.client
    const leaving = watch(context, calls.subscribeToStream(streamName))
    const staying = watch(context, calls.subscribeToStream(streamName))
    await Promise.all([leaving.confirmed, staying.confirmed])
    await context.client.append(streamName, [fact(0)])
    await Promise.all([leaving.first(1), staying.first(1)])
    await leaving.subscription.unsubscribe()
    await leaving.ended
    await context.client.append(streamName, [fact(1)])
    assert.deepEqual(await staying.firstValues(2), [0, 1])
    assert.deepEqual(leaving.values, [0])
  },

  'to a stream with another one on the same client: each gets everything': async (context) => {
    const streamName = context.newStream()
    const watchers = range(0, 5).map(() => watch(context, context.client.calls.subscribeToStream(streamName)))
    await Promise.all(watchers.map(({ confirmed }) => confirmed))
    await context.client.append(streamName, facts(20))
    for (const watching of watchers) assert.deepEqual(await watching.firstValues(20), range(0, 20))
    assert.equal(new Set(watchers.map(({ subscription }) => subscription.id)).size, 5)
  },

  'waits through a deletion, and goes on when the stream is taken up again': async (context) => {
    const streamName = context.newStream()
    await context.client.append(streamName, [fact(0)])
    const watching = watch(context, context.client.calls.subscribeToStream(streamName))
    await watching.first(1)
    await context.client.calls.deleteStream(streamName)
    await context.client.append(streamName, [fact(1)])
    assert.deepEqual(await watching.firstValues(2), [0, 1])
  },

  'to a deleted stream sees only what comes after': async (context) => {
    const streamName = context.newStream()
    await context.client.append(streamName, [fact(0), fact(1)])
    await context.client.calls.deleteStream(streamName)
    const watching = watch(context, context.client.calls.subscribeToStream(streamName))
    await watching.confirmed
    await context.client.append(streamName, [fact(2)])
    assert.deepEqual(await watching.firstValues(1), [2])
  },

  'to a tombstoned stream is told so': async (context) => {
    const streamName = context.newStream()
    await context.client.calls.tombstoneStream(streamName)
    const failure = await watch(context, context.client.calls.subscribeToStream(streamName)).failure
    assert.equal(failure.type, 'stream-deleted')
    assert.equal(failure.streamName, streamName)
  },

  'ends when the tombstone comes': async (context) => {
    const streamName = context.newStream()
    await context.client.append(streamName, facts(2))
    const watching = watch(context, context.client.calls.subscribeToStream(streamName))
    await watching.first(2)
    await context.client.calls.tombstoneStream(streamName)
    assert.equal((await watching.failure).type, 'stream-deleted')
    assert.deepEqual(watching.values, [0, 1])
  },

  'to metadata sees each change': async (context) => {
    const streamName = context.newStream()
    const watching = watch(context, context.client.calls.subscribeToStream(`$$${streamName}`))
    await watching.confirmed
    for (const maxCount of [1, 2]) await context.client.calls.setStreamMetadata(streamName, { maxCount })
    assert.deepEqual(
      (await watching.first(2)).map(({ event }) => event?.data),
      [{ $maxCount: 1 }, { $maxCount: 2 }],
    )
  },

  'that is read slowly falls behind, says so, catches up, and misses nothing': [
    { ownServerOnly: 'how far a subscriber may be behind and still be live is for each server to say' },
    async (context) => {
      const streamName = context.newStream()
      const { calls } = openApart(context)
      await fallsBehindAndMissesNothing(context, streamName, calls.subscribeToStream(streamName))
    },
  ],
})
