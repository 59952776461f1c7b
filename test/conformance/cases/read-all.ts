/** Reads of the whole log. Others write to it at the same time: each case looks at a part between positions of its own. */
import assert from 'node:assert/strict'
import { collect, fact, facts, openApart, positionOf, range, valuesOf } from '../case-tools.ts'
import { type CaseContext, conformanceCases } from '../conformance-case.ts'
import type { Position, ReadAllOptions, ResolvedEvent } from '../conformance-client.ts'

/** Appends `values` one by one to a stream of its own; where each of them stands. */
async function appendEach({ client, newStream }: CaseContext, values: number[], type?: string) {
  const streamName = newStream()
  const positions: Position[] = []
  for (const value of values) positions.push(positionOf(await client.append(streamName, [fact(value, type)])))
  const at = (index: number): Position => {
    const position = positions[index]
    assert.ok(position)
    return position
  }
  return { streamName, at }
}

async function read({ client }: CaseContext, streamName: string, options: ReadAllOptions): Promise<ResolvedEvent[]> {
  const found: ResolvedEvent[] = []
  for (const each of await collect(client.calls.readAll(options)))
    if (each.event?.streamId === streamName) found.push(each)
  return found
}

export const readAllCases = conformanceCases('A read of the whole log', {
  'forwards includes the position it begins at': async (context) => {
    const { streamName, at } = await appendEach(context, range(0, 5))
    assert.deepEqual(valuesOf(await read(context, streamName, { fromPosition: at(2) })), [2, 3, 4])
  },

  'backwards leaves out the position it begins at': async (context) => {
    const { at } = await appendEach(context, range(0, 5))
    const [before] = await collect(
      context.client.calls.readAll({ direction: 'backwards', fromPosition: at(3), maxCount: 1 }),
    )
    assert.ok((before?.event?.position?.commit ?? 0n) < at(3).commit)
  },

  'backwards from the end finds the newest first': async (context) => {
    const { streamName } = await appendEach(context, range(0, 5))
    const values: unknown[] = []
    const { calls } = openApart(context)
    for await (const { event } of calls.readAll({ direction: 'backwards', fromPosition: 'end' }))
      if (event?.streamId === streamName && values.push(Number(event.revision)) === 5) break
    assert.deepEqual(values, [4, 3, 2, 1, 0])
  },

  'gives no more than was asked for, in growing positions': async (context) => {
    const { at } = await appendEach(context, range(0, 20))
    const events = await collect(context.client.calls.readAll({ fromPosition: at(0), maxCount: 7 }))
    assert.equal(events.length, 7)
    assert.deepEqual(events[0]?.event?.position, at(0))
    const commits = events.map(({ event }) => event?.position?.commit ?? -1n)
    assert.ok(commits.every((commit, index) => index === 0 || commit > (commits[index - 1] ?? 0n)))
  },

  'forwards from the end and backwards from the start is empty': [
    // The newer client sends these as reads the other way round.
    { clients: ['eventstore'] },
    async ({ client }) => {
      assert.deepEqual(await collect(client.calls.readAll({ fromPosition: 'end', maxCount: 1 })), [])
      assert.deepEqual(await collect(client.calls.readAll({ direction: 'backwards', fromPosition: 'start' })), [])
    },
  ],

  'begins with the oldest event of all': async ({ client, newStream }) => {
    await client.append(newStream(), facts(2))
    const [first, second] = await collect(client.calls.readAll({ maxCount: 2 }))
    assert.ok((first?.event?.position?.commit ?? -1n) < (second?.event?.position?.commit ?? -1n))
  },

  'shows each stream in its order, and appends whole': async (context) => {
    const { at } = await appendEach(context, [0])
    const streams = Array.from({ length: 6 }, () => context.newStream())
    await Promise.all(
      streams.flatMap((streamName) => [facts(30), facts(20)].map((each) => context.client.append(streamName, each))),
    )
    const all = await collect(context.client.calls.readAll({ fromPosition: at(0) }))
    for (const streamName of streams) {
      const revisions = all.flatMap(({ event }) => (event?.streamId === streamName ? [Number(event.revision)] : []))
      assert.deepEqual(revisions, range(0, 50))
    }
  },

  'still shows what a deletion hides from readers of the stream': async (context) => {
    const { streamName, at } = await appendEach(context, range(0, 3))
    await context.client.calls.deleteStream(streamName)
    assert.deepEqual(valuesOf(await read(context, streamName, { fromPosition: at(0) })), [0, 1, 2])
  },

  'shows metadata as events of the metadata stream': async (context) => {
    const { streamName, at } = await appendEach(context, [0])
    await context.client.calls.setStreamMetadata(streamName, { maxCount: 5 })
    const [metadata] = await read(context, `$$${streamName}`, { fromPosition: at(0) })
    assert.equal(metadata?.event?.type, '$metadata')
    assert.deepEqual(metadata.event.data, { $maxCount: 5 })
  },

  'shows a tombstone as the last event of its stream': async (context) => {
    const { streamName, at } = await appendEach(context, [0])
    await context.client.calls.tombstoneStream(streamName)
    const events = await read(context, streamName, { fromPosition: at(0) })
    assert.equal(events.at(-1)?.event?.type, '$streamDeleted')
  },

  'with a filter looks at event types or stream names only': [
    { clients: ['kurrent'] },
    async (context) => {
      const type = context.newWord()
      const { streamName, at } = await appendEach(context, range(0, 3), type)
      await appendEach(context, range(10, 13), `x${type}`)
      const { client } = context
      const filtered = async (filter: ReadAllOptions['filter'], more: ReadAllOptions = {}) =>
        valuesOf(await collect(client.calls.readAll({ fromPosition: at(0), ...more, ...(filter ? { filter } : {}) })))
      assert.deepEqual(await filtered(client.eventTypeFilter({ prefixes: [type] })), [0, 1, 2])
      assert.deepEqual(await filtered(client.eventTypeFilter({ regex: `^x?${type}$` })), [0, 1, 2, 10, 11, 12])
      assert.deepEqual(await filtered(client.streamNameFilter({ prefixes: [streamName] })), [0, 1, 2])
      assert.deepEqual(await filtered(client.eventTypeFilter({ prefixes: [type] }), { maxCount: 2 }), [0, 1])
      const backwards = { direction: 'backwards', fromPosition: 'end' } as const
      assert.deepEqual(await filtered(client.streamNameFilter({ prefixes: [streamName] }), backwards), [2, 1, 0])
    },
  ],
})
