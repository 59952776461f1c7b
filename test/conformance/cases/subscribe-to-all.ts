/** Subscriptions to the whole log. Others write to it: each case looks for events of a type or category of its own. */
import assert from 'node:assert/strict'
import { fact, facts, fallsBehindAndMissesNothing, openApart, positionOf, range, watch } from '../case-tools.ts'
import { conformanceCases } from '../conformance-case.ts'
import type { Position } from '../conformance-client.ts'

export const subscribeToAllCases = conformanceCases('A subscription to the whole log', {
  'from the start has what was and what comes': async (context) => {
    const { client } = context
    const type = context.newWord()
    await client.append(context.newStream(), facts(3, type))
    const filter = client.eventTypeFilter({ prefixes: [type] })
    const watching = watch(context, client.calls.subscribeToAll({ filter }))
    await watching.first(3)
    await client.append(context.newStream(), [fact(3, type)])
    assert.deepEqual(await watching.firstValues(4), [0, 1, 2, 3])
  },

  'without a filter has everything after its position, in order': async (context) => {
    const { client } = context
    const first = positionOf(await client.append(context.newStream(), [fact(0)]))
    const streams = [context.newStream(), context.newStream()]
    const watching = watch(context, client.calls.subscribeToAll({ fromPosition: first }))
    for (const value of range(0, 20)) await client.append(streams[value % 2] ?? '', [fact(value)])
    const mine = () => watching.events.filter(({ event }) => streams.includes(event?.streamId ?? ''))
    await watching.until(() => mine().length === 20)
    assert.deepEqual(
      mine().map(({ event }) => event?.data),
      range(0, 20).map((value) => ({ value })),
    )
    const commits = watching.events.map(({ event }) => event?.position?.commit ?? -1n)
    assert.ok(commits.every((commit, index) => commit > (index === 0 ? first.commit : (commits[index - 1] ?? 0n))))
  },

  'from a position begins after it': async (context) => {
    const { client } = context
    const type = context.newWord()
    const streamName = context.newStream()
    const first = positionOf(await client.append(streamName, [fact(0, type)]))
    await client.append(streamName, [fact(1, type), fact(2, type)])
    const filter = client.eventTypeFilter({ prefixes: [type] })
    const watching = watch(context, client.calls.subscribeToAll({ fromPosition: first, filter }))
    assert.deepEqual(await watching.firstValues(2), [1, 2])
  },

  'from the end has only what comes': async (context) => {
    const { client } = context
    const type = context.newWord()
    await client.append(context.newStream(), facts(3, type))
    const filter = client.eventTypeFilter({ prefixes: [type] })
    const watching = watch(context, client.calls.subscribeToAll({ fromPosition: 'end', filter }))
    await watching.confirmed
    await client.append(context.newStream(), [fact(9, type)])
    assert.deepEqual(await watching.firstValues(1), [9])
  },

  'is confirmed, with an id': async (context) => {
    const subscription = context.client.calls.subscribeToAll({ fromPosition: 'end' })
    await watch(context, subscription).confirmed
    assert.ok((subscription.id ?? '').length > 0)
  },

  'filters by any of some prefixes of event types': async (context) => {
    const { client } = context
    const [one, two] = [context.newWord(), context.newWord()]
    const streamName = context.newStream()
    const first = positionOf(await client.append(streamName, [fact(0)]))
    await client.append(streamName, [fact(1, `${one}-a`), fact(2, `x${one}`), fact(3, two), fact(4, `${two}b`)])
    const filter = client.eventTypeFilter({ prefixes: [one, two] })
    const watching = watch(context, client.calls.subscribeToAll({ fromPosition: first, filter }))
    assert.deepEqual(await watching.firstValues(3), [1, 3, 4])
  },

  'filters by a regular expression of event types': async (context) => {
    const { client } = context
    const word = context.newWord()
    const streamName = context.newStream()
    const first = positionOf(await client.append(streamName, [fact(0)]))
    await client.append(streamName, [
      fact(1, `a${word}`),
      fact(2, `c${word}`),
      fact(3, `b${word}`),
      fact(4, `b${word}x`),
    ])
    const filter = client.eventTypeFilter({ regex: `^[ab]${word}$` })
    const watching = watch(context, client.calls.subscribeToAll({ fromPosition: first, filter }))
    await watching.first(2)
    await client.append(streamName, [fact(5, `z${word}`), fact(6, `a${word}`)])
    assert.deepEqual(await watching.firstValues(3), [1, 3, 6])
  },

  'filters by stream names, by prefix and by regular expression': async (context) => {
    const { client } = context
    const category = context.newWord()
    for (const [value, name] of [`${category}-1`, `${category}-2`, `x${category}-1`].entries())
      await client.append(name, [fact(value)])
    const byPrefix = client.streamNameFilter({ prefixes: [`${category}-`] })
    const byRegex = client.streamNameFilter({ regex: `${category}-1$` })
    assert.deepEqual(await watch(context, client.calls.subscribeToAll({ filter: byPrefix })).firstValues(2), [0, 1])
    assert.deepEqual(await watch(context, client.calls.subscribeToAll({ filter: byRegex })).firstValues(2), [0, 2])
  },

  'without system events has none of them': async (context) => {
    const { client } = context
    const streamName = context.newStream()
    const first = positionOf(await client.append(streamName, [fact(0)]))
    await client.calls.setStreamMetadata(streamName, { maxCount: 5 })
    await client.append(streamName, [fact(1, `$${context.newWord()}`), fact(2)])
    const filter = client.excludeSystemEvents()
    const watching = watch(context, client.calls.subscribeToAll({ fromPosition: first, filter }))
    await watching.until(() => watching.events.some(({ event }) => event?.streamId === streamName))
    const mine = watching.events.filter(({ event }) => event?.streamId === streamName)
    assert.deepEqual(mine[0]?.event?.data, { value: 2 })
    assert.ok(watching.events.every(({ event }) => !event?.type.startsWith('$')))
  },

  'with a filter that cannot be understood is refused, and the connection goes on': async (context) => {
    const { client } = context
    const filter = client.eventTypeFilter({ regex: '(' })
    const failure = await watch(context, client.calls.subscribeToAll({ filter })).failure
    assert.notEqual(failure.type, 'none')
    assert.equal((await client.append(context.newStream(), facts(1))).success, true)
  },

  'says when it has caught up, once all that was has come': async (context) => {
    const { client } = context
    const type = context.newWord()
    await client.append(context.newStream(), facts(10, type))
    const filter = client.eventTypeFilter({ prefixes: [type] })
    const watching = watch(context, client.calls.subscribeToAll({ filter }))
    assert.equal(await watching.countWhenCaughtUp, 10)
    assert.deepEqual(watching.values, range(0, 10))
  },

  'says at which position it has caught up, and when': [
    { clients: ['kurrent'] },
    async (context) => {
      const { client } = context
      const last = positionOf(await client.append(context.newStream(), [fact(0)]))
      const place = await watch(context, client.calls.subscribeToAll({ fromPosition: last })).caughtUp
      assert.ok((place.position?.commit ?? -1n) >= last.commit)
      assert.equal(place.revision, undefined)
      assert.ok(Math.abs((place.date?.getTime() ?? 0) - Date.now()) < 60_000)
    },
  ],

  'reports checkpoints though nothing matches, of what was and of what comes': async (context) => {
    const { client } = context
    const checkpoints: Position[] = []
    const first = positionOf(await client.append(context.newStream(), facts(100)))
    await client.append(context.newStream(), facts(100))
    const filter = client.eventTypeFilter({
      prefixes: [context.newWord()],
      checkpointInterval: 1,
      maxSearchWindow: 10,
      checkpointReached: (_subscription, position) => void checkpoints.push(position),
    })
    const watching = watch(context, client.calls.subscribeToAll({ fromPosition: first, filter }))
    await watching.caughtUp
    assert.ok(checkpoints.length >= 5, `${checkpoints.length} checkpoints`)
    const before = checkpoints.length
    while (checkpoints.length < before + 2) await client.append(context.newStream(), facts(20))
    const commits = checkpoints.map(({ commit }) => commit)
    assert.ok(commits.every((commit, index) => commit > (index === 0 ? first.commit : (commits[index - 1] ?? 0n))))
  },

  'reports a checkpoint every so many search windows': async (context) => {
    const { client } = context
    const first = positionOf(await client.append(context.newStream(), [fact(0)]))
    const last = positionOf(await client.append(context.newStream(), facts(400)))
    const count = async (checkpointInterval: number) => {
      let reached = 0
      const filter = client.eventTypeFilter({
        prefixes: [context.newWord()],
        checkpointInterval,
        maxSearchWindow: 20,
        // Others append meanwhile: one that catches up later is to count no more than the other.
        checkpointReached: (_subscription, { commit }) => {
          if (commit <= last.commit) reached++
        },
      })
      await watch(context, client.calls.subscribeToAll({ fromPosition: first, filter })).caughtUp
      return reached
    }
    const [often = 0, seldom = 0] = await Promise.all([1, 5].map(count))
    assert.ok(often >= 3 * seldom && seldom >= 2, `${often} and ${seldom} checkpoints`)
  },

  'can be taken up from its last checkpoint without missing anything': async (context) => {
    const { client } = context
    const type = context.newWord()
    const first = positionOf(await client.append(context.newStream(), [fact(0)]))
    await client.append(context.newStream(), facts(60))
    let last = first
    const filter = client.eventTypeFilter({
      prefixes: [type],
      maxSearchWindow: 10,
      checkpointReached: (_subscription, position) => {
        last = position
      },
    })
    const watching = watch(context, client.calls.subscribeToAll({ fromPosition: first, filter }))
    await watching.caughtUp
    await watching.subscription.unsubscribe()
    assert.ok(last.commit > first.commit)
    await client.append(context.newStream(), facts(3, type))
    const plain = client.eventTypeFilter({ prefixes: [type] })
    const again = watch(context, client.calls.subscribeToAll({ fromPosition: last, filter: plain }))
    assert.deepEqual(await again.firstValues(3), [0, 1, 2])
  },

  'has no seam between what was and what comes, however fast others append': async (context) => {
    const { client } = context
    const type = context.newWord()
    const streamName = context.newStream()
    await client.append(streamName, facts(300, type))
    const appending = (async () => {
      for (const value of range(300, 450)) await client.append(streamName, [fact(value, type)])
    })()
    const filter = client.eventTypeFilter({ prefixes: [type] })
    const watchers = []
    for (let started = 0; started < 3; started++) {
      const watching = watch(context, client.calls.subscribeToAll({ filter }))
      await watching.first(150)
      watchers.push(watching)
    }
    await appending
    for (const watching of watchers) assert.deepEqual(await watching.firstValues(450), range(0, 450))
  },

  'that is read slowly falls behind, says so, catches up, and misses nothing': [
    { ownServerOnly: 'how far a subscriber may be behind and still be live is for each server to say' },
    async (context) => {
      const { calls, streamNameFilter } = openApart(context)
      const streamName = context.newStream()
      const filter = streamNameFilter({ prefixes: [streamName] })
      await fallsBehindAndMissesNothing(context, streamName, calls.subscribeToAll({ fromPosition: 'end', filter }))
    },
  ],

  'still shows what a deletion has hidden': async (context) => {
    const { client } = context
    const streamName = context.newStream()
    await client.append(streamName, facts(2))
    await client.calls.deleteStream(streamName)
    const filter = client.streamNameFilter({ prefixes: [streamName] })
    assert.deepEqual(await watch(context, client.calls.subscribeToAll({ filter })).firstValues(2), [0, 1])
  },

  'sees a tombstone pass': async (context) => {
    const { client } = context
    const streamName = context.newStream()
    await client.append(streamName, [fact(0)])
    const filter = client.streamNameFilter({ prefixes: [streamName] })
    const watching = watch(context, client.calls.subscribeToAll({ filter }))
    await watching.first(1)
    await client.calls.tombstoneStream(streamName)
    const [, tombstone] = await watching.first(2)
    assert.equal(tombstone?.event?.type, '$streamDeleted')
  },

  'gets nothing more once it has unsubscribed': async (context) => {
    const { client } = context
    const type = context.newWord()
    const filter = client.eventTypeFilter({ prefixes: [type] })
    const leaving = watch(context, client.calls.subscribeToAll({ fromPosition: 'end', filter }))
    const staying = watch(context, client.calls.subscribeToAll({ fromPosition: 'end', filter }))
    await Promise.all([leaving.confirmed, staying.confirmed])
    await client.append(context.newStream(), [fact(0, type)])
    await Promise.all([leaving.first(1), staying.first(1)])
    await leaving.subscription.unsubscribe()
    await leaving.ended
    await client.append(context.newStream(), [fact(1, type)])
    assert.deepEqual(await staying.firstValues(2), [0, 1])
    assert.deepEqual(leaving.values, [0])
  },
})
