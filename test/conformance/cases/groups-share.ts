/** Several consumers of one persistent subscription, and how it shares the events between them. */
import assert from 'node:assert/strict'
import { eventually, fact, range, type Watch } from '../case-tools.ts'
import { conformanceCases } from '../conformance-case.ts'
import { ack, GroupUnderTest } from '../group-under-test.ts'

async function allAreHere(consumers: readonly Watch[], count: number): Promise<(number | undefined)[]> {
  const all = () => consumers.flatMap(({ values }) => values)
  await eventually(`${count} events came`, () => all().length >= count)
  return all().sort((a, b) => (a ?? 0) - (b ?? 0))
}

export const groupShareCases = conformanceCases('Consumers of one persistent subscription', {
  'in turn have about as many events each, and together every one once': async (context) => {
    const group = await new GroupUnderTest(context, 'to a stream').create({ consumerStrategyName: 'RoundRobin' })
    // With room for all events: one that is full, because its answers are late, is passed over.
    const consumers = [1, 2, 3].map(() => group.consume(ack, { bufferSize: 60 }))
    await Promise.all(consumers.map(({ confirmed }) => confirmed))
    await group.append(range(0, 60))
    assert.deepEqual(await allAreHere(consumers, 60), range(0, 60))
    for (const { values } of consumers) assert.ok(values.length >= 10 && values.length <= 30, `${values.length} of 60`)
  },

  'of which a single one is served leave the others idle until it is full': async (context) => {
    const group = await new GroupUnderTest(context, 'to a stream').create({ consumerStrategyName: 'DispatchToSingle' })
    const first = group.consume(undefined, { bufferSize: 5 })
    await first.confirmed
    const second = group.consume(undefined, { bufferSize: 5 })
    await second.confirmed
    await group.append(range(0, 4))
    await allAreHere([first, second], 4)
    assert.deepEqual([first, second].map(({ events }) => events.length).sort(), [0, 4])
    await group.append(range(4, 8))
    await allAreHere([first, second], 8)
    assert.deepEqual([first, second].map(({ events }) => events.length).sort(), [3, 5])
  },

  'to whom streams are pinned have each stream for themselves': async (context) => {
    const { client } = context
    const category = context.newWord()
    const group = await new GroupUnderTest(context, 'to the whole log').begin()
    const filter = client.streamNameFilter({ prefixes: [`${category}-`] })
    await group.create({ consumerStrategyName: 'Pinned' }, 'start', filter)
    const consumers = [1, 2, 3].map(() => group.consume(ack))
    await Promise.all(consumers.map(({ confirmed }) => confirmed))
    for (const stream of range(0, 12))
      await client.append(
        `${category}-${stream}`,
        range(0, 5).map((value) => fact(value)),
      )
    await allAreHere(consumers, 60)
    for (const stream of range(0, 12)) {
      const served = consumers.filter(({ events }) =>
        events.some(({ event }) => event?.streamId === `${category}-${stream}`),
      )
      assert.equal(served.length, 1, `stream ${stream} has one consumer`)
    }
  },

  'to whom correlations are pinned have each for themselves, in whatever stream it is': [
    // The older client does not know the strategy and sends another.
    { clients: ['kurrent'] },
    async (context) => {
      const { client } = context
      const category = context.newWord()
      const group = await new GroupUnderTest(context, 'to the whole log').begin()
      const filter = client.streamNameFilter({ prefixes: [`${category}-`] })
      await group.create({ consumerStrategyName: 'PinnedByCorrelation' }, 'start', filter)
      const consumers = [1, 2, 3].map(() => group.consume(ack))
      await Promise.all(consumers.map(({ confirmed }) => confirmed))
      const correlations = range(0, 12).map(() => context.newWord())
      for (const stream of range(0, 5))
        await client.append(
          `${category}-${stream}`,
          correlations.map((id, value) => ({ ...fact(value), metadata: { $correlationId: id } })),
        )
      await allAreHere(consumers, 60)
      for (const correlation of range(0, 12)) {
        const served = consumers.filter(({ values }) => values.includes(correlation))
        assert.equal(served.length, 1, `correlation ${correlation} has one consumer`)
      }
      assert.ok(consumers.filter(({ values }) => values.length > 0).length > 1, 'one consumer had everything')
    },
  ],

  'take over what one that leaves has not answered': async (context) => {
    const group = await new GroupUnderTest(context, 'to a stream').create()
    const leaving = group.consume(undefined, { bufferSize: 10 })
    await leaving.confirmed
    await group.append(range(0, 5))
    await leaving.first(5)
    const staying = group.consume(ack)
    await staying.confirmed
    await leaving.subscription.unsubscribe()
    const values = await staying.firstValues(5)
    assert.deepEqual(values.sort(), range(0, 5))
  },

  'on different connections share as well': async (context) => {
    const group = await new GroupUnderTest(context, 'to a stream').create()
    const consumers = [context.openClient(), context.openClient()].map((client) => group.consume(ack, {}, client))
    await Promise.all(consumers.map(({ confirmed }) => confirmed))
    await group.append(range(0, 40))
    assert.deepEqual(await allAreHere(consumers, 40), range(0, 40))
    assert.equal((await group.info()).connections.length, 2)
  },

  'that come and go lose nothing': async (context) => {
    const group = await new GroupUnderTest(context, 'to a stream').create({ messageTimeout: 2_000 })
    await group.append(range(0, 100))
    const seen = new Set<number | undefined>()
    const staying = group.consume(ack, { bufferSize: 5 })
    const consumers = [staying]
    for (let round = 0; round < 5; round++) {
      const passing = group.consume(ack, { bufferSize: 5 })
      consumers.push(passing)
      // There is something left for it, however quick the one that stays was.
      await passing.confirmed
      await group.append(range(100 + round * 10, 110 + round * 10))
      await passing.first(1)
      await passing.subscription.unsubscribe()
    }
    await eventually('every event came', () => {
      for (const { values } of consumers) for (const value of values) seen.add(value)
      return seen.size === 150
    })
  },
})
