/** What a persistent subscription gives its consumers, and what becomes of an event they take, give back or forget. */
import assert from 'node:assert/strict'
import { collect, eventually, fact, positionOf, range, valuesOf } from '../case-tools.ts'
import { type ConformanceCase, conformanceCases } from '../conformance-case.ts'
import type { ResolvedEvent } from '../conformance-client.ts'
import { ack, GroupUnderTest, type SharedSettings, type Source, sources } from '../group-under-test.ts'
import { linkTo } from './links.ts'

const retriesOf = (events: readonly ResolvedEvent[]) => events.map(({ retryCount }) => retryCount)

async function parkedCountIs(group: GroupUnderTest, count: bigint): Promise<void> {
  await eventually(`${count} messages are parked`, async () => (await group.info()).stats.parkedMessageCount === count)
}

const casesOf = (source: Source): readonly ConformanceCase[] => {
  return conformanceCases(`A consumer of a persistent subscription ${source}`, {
    'from the start gets what was and what comes, in order': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append(range(0, 30))
      await group.create()
      const consumer = group.consume(ack)
      await consumer.first(30)
      await group.append(range(30, 60))
      assert.deepEqual(await consumer.firstValues(60), range(0, 60))
      assert.ok(retriesOf(consumer.events).every((count) => count === 0))
    },

    'from the end gets only what comes': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append(range(0, 5))
      await group.create({}, 'end')
      await group.append([5])
      const consumer = group.consume(ack)
      await consumer.first(1)
      await group.append([6])
      assert.deepEqual(await consumer.firstValues(2), [5, 6])
    },

    'is confirmed, and may come before the first event': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.create()
      const consumer = group.consume(ack)
      await consumer.confirmed
      assert.ok((consumer.subscription.id ?? '').length > 0)
      await group.append([0, 1])
      assert.deepEqual(await consumer.firstValues(2), [0, 1])
    },

    'gets hundreds of events, each once': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append(range(0, 300))
      await group.create({ historyBufferSize: 60, readBatchSize: 20, liveBufferSize: 50 })
      const consumer = group.consume(ack, { bufferSize: 25 })
      await group.append(range(300, 500))
      assert.deepEqual(await consumer.firstValues(500), range(0, 500))
    },

    'holds no more than its buffer before it answers': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append(range(0, 10))
      await group.create()
      const other = await new GroupUnderTest(context, source).begin()
      const consumer = group.consume(undefined, { bufferSize: 3 })
      const [first] = await consumer.first(3)
      await eventually('three are in flight', async () => (await group.info()).stats.totalInFlightMessages === 3)
      await other.create()
      assert.equal(consumer.events.length, 3)
      assert.ok(first)
      await (consumer.subscription as ReturnType<GroupUnderTest['subscribe']>).ack(first)
      assert.deepEqual(await consumer.firstValues(4), [0, 1, 2, 3])
    },

    'may take many at once': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append(range(0, 20))
      await group.create()
      let held: ResolvedEvent[] = []
      const consumer = group.consume((subscription, event) => {
        held.push(event)
        if (held.length < 5) return
        const taken = held
        held = []
        return subscription.ack(...taken)
      })
      assert.deepEqual(await consumer.firstValues(20), range(0, 20))
      await eventually('nothing is in flight', async () => (await group.info()).stats.totalInFlightMessages === 0)
    },

    'that gives back for a retry gets the event again, and is told how often': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append([7])
      await group.create({ maxRetryCount: 10 })
      const consumer = group.consume((subscription, event) =>
        (event.retryCount ?? 0) < 2 ? subscription.nack('retry', 'again', event) : subscription.ack(event),
      )
      const events = await consumer.first(3)
      assert.deepEqual(valuesOf(events), [7, 7, 7])
      assert.deepEqual(retriesOf(events), [0, 1, 2])
    },

    'that gives back to skip does not get the event again': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append([0, 1, 2])
      await group.create()
      const consumer = group.consume((subscription, event) =>
        event.event?.revision === 0n ? subscription.nack('skip', 'not for me', event) : subscription.ack(event),
      )
      await consumer.first(3)
      await group.append([3])
      assert.deepEqual(await consumer.firstValues(4), [0, 1, 2, 3])
      assert.equal((await group.info()).stats.parkedMessageCount, 0n)
    },

    'that gives back to stop is ended, and the event is there for the next one': [
      { ownServerOnly: 'that the event is kept is documented nowhere' },
      async (context) => {
        const group = await new GroupUnderTest(context, source).begin()
        await group.append([0])
        await group.create()
        const consumer = group.consume((subscription, event) => subscription.nack('stop', 'no more', event))
        await consumer.first(1)
        await Promise.race([consumer.failure, consumer.ended])
        await eventually('it has left', async () => (await group.info()).connections.length === 0)
        const next = group.consume(ack)
        assert.deepEqual(valuesOf(await next.first(1)), [0])
        assert.equal(consumer.events.length, 1)
      },
    ],

    'that forgets an event gets it again when the time is up': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append([7])
      await group.create({ messageTimeout: 500, maxRetryCount: 10 })
      const consumer = group.consume((subscription, event) =>
        (event.retryCount ?? 0) === 0 ? undefined : subscription.ack(event),
      )
      const events = await consumer.first(2)
      assert.deepEqual(valuesOf(events), [7, 7])
      assert.deepEqual(retriesOf(events), [0, 1])
    },

    'that parks an event leaves a link to it, and does not get it again': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append([0, 1])
      await group.create()
      const consumer = group.consume((subscription, event) =>
        event.event?.revision === 0n ? subscription.nack('park', 'cannot', event) : subscription.ack(event),
      )
      await consumer.first(2)
      await parkedCountIs(group, 1n)
      const { calls } = context.client
      const options = { resolveLinkTos: true, credentials: context.admin }
      const [parked] = await collect(calls.readStream(group.parkedStream, options))
      assert.deepEqual(parked?.event?.data, { value: 0 })
      assert.equal(parked.event.streamId, group.streamName)
      assert.equal(parked.link?.type, '$>')
      await group.append([2])
      assert.deepEqual(await consumer.firstValues(3), [0, 1, 2])
    },

    'sees an event parked that was given back too often': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append([7])
      await group.create({ maxRetryCount: 2 })
      const consumer = group.consume((subscription, event) => subscription.nack('retry', 'again', event))
      await parkedCountIs(group, 1n)
      assert.deepEqual(retriesOf(consumer.events), [0, 1, 2])
    },

    'sees an event parked that was forgotten too often': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append([7])
      await group.create({ messageTimeout: 300, maxRetryCount: 1 })
      const consumer = group.consume()
      await parkedCountIs(group, 1n)
      // They were sent before it was parked, and may be here later than the answer that says so.
      await consumer.first(2)
      assert.deepEqual(retriesOf(consumer.events), [0, 1])
    },

    'gets parked events again when they are replayed': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append(range(0, 4))
      await group.create()
      let isReplaying = false
      const consumer = group.consume((subscription, event) =>
        isReplaying ? subscription.ack(event) : subscription.nack('park', 'later', event),
      )
      await parkedCountIs(group, 4n)
      isReplaying = true
      await group.replayParked()
      assert.deepEqual((await consumer.firstValues(8)).slice(4).sort(), range(0, 4))
      await parkedCountIs(group, 0n)
    },

    'gets only as many parked events again as were asked for': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append(range(0, 6))
      await group.create()
      let isReplaying = false
      const consumer = group.consume((subscription, event) =>
        isReplaying ? subscription.ack(event) : subscription.nack('park', 'later', event),
      )
      await parkedCountIs(group, 6n)
      isReplaying = true
      await group.replayParked({ stopAt: 2 })
      assert.deepEqual((await consumer.firstValues(8)).slice(6).sort(), [0, 1])
      await parkedCountIs(group, 4n)
      await group.append([6])
      assert.deepEqual((await consumer.firstValues(9)).at(-1), 6)
    },

    'is shown links and what they lead to when the group resolves them, and answers for the link': async (context) => {
      for (const resolveLinkTos of [true, false]) {
        const target = context.newStream('target')
        await context.client.append(target, [fact(0), fact(1)])
        const group = await new GroupUnderTest(context, source).begin()
        await group.appendEvents([linkTo(`0@${target}`), linkTo(`1@${target}`)])
        await group.create({ resolveLinkTos })
        const consumer = group.consume(ack, { bufferSize: 1 })
        const events = await consumer.first(2)
        assert.deepEqual(
          events.map(({ event, link }) => [event?.streamId, event?.type, link?.streamId]),
          resolveLinkTos
            ? [0, 1].map(() => [target, 'Ordered', group.streamName])
            : [0, 1].map(() => [group.streamName, '$>', undefined]),
        )
        await eventually('both are taken', async () => (await group.info()).stats.totalInFlightMessages === 0)
      }
    },

    'that comes later goes on after what was taken': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.append(range(0, 10))
      await group.create()
      const first = group.consume(ack)
      await first.first(10)
      await eventually('all are taken', async () => (await group.info()).stats.totalInFlightMessages === 0)
      await first.subscription.unsubscribe()
      await eventually('it has left', async () => (await group.info()).connections.length === 0)
      await group.append([10])
      assert.deepEqual(await group.consume(ack).firstValues(1), [10])
    },
  })
}

const restartSettings: SharedSettings = { maxRetryCount: 5, checkPointAfter: 100 }

const restartCasesOf = (source: Source): readonly ConformanceCase[] =>
  conformanceCases(`A persistent subscription ${source} over a restart of the server`, {
    'keeps settings, checkpoint and parked events': [
      { ownServerOnly: 'the server is restarted', breaksConnections: 'the server is restarted' },
      async (context) => {
        const server = await context.startServer()
        const before = new GroupUnderTest(context, source, context.openClient({ server }))
        await (await before.begin()).create(restartSettings)
        const { commit: lastCommit } = positionOf(await before.append(range(0, 20)))
        const consumer = before.consume((subscription, event) =>
          event.event?.revision === 3n ? subscription.nack('park', 'later', event) : subscription.ack(event),
        )
        await consumer.first(20)
        await eventually('the checkpoint of the last event is there', async () => {
          const { stats } = await before.info()
          const isRead = 'lastCheckpointedEventRevision' in stats && stats.lastCheckpointedEventRevision === 19n
          const position = 'lastCheckpointedEventPosition' in stats ? stats.lastCheckpointedEventPosition : undefined
          return stats.parkedMessageCount === 1n && (isRead || (position?.commit ?? -1n) >= lastCommit)
        })
        await before.append([20])
        await consumer.first(21)
        await consumer.subscription.unsubscribe()
        await server.restart()

        const after = before.withClient(context.openClient({ server, query: 'keepAliveInterval=12000' }))
        const info = await after.info()
        assert.equal(info.settings.maxRetryCount, 5)
        assert.equal(info.stats.parkedMessageCount, 1n)
        await after.append([21])
        const again = after.consume(ack)
        await again.until(() => again.values.includes(21))
        assert.ok(again.values.length <= 4, `${again.values} came again`)
        await after.replayParked()
        await again.until(() => again.values.includes(3))
      },
    ],
  })

export const groupDeliverCases = [
  ...sources.flatMap(casesOf),
  ...sources.flatMap(restartCasesOf),
  ...conformanceCases('A persistent subscription', {
    'to a stream from a revision begins with it': async (context) => {
      const { calls, streamGroupSettings } = context.client
      const group = new GroupUnderTest(context, 'to a stream')
      await group.append(range(0, 6))
      const settings = streamGroupSettings({ startFrom: 2n })
      await calls.createPersistentSubscriptionToStream(group.streamName, group.groupName, settings)
      context.onEnd(() => group.delete())
      assert.deepEqual(await group.consume(ack).firstValues(4), [2, 3, 4, 5])
    },

    'to the whole log from a position begins with the event there': async (context) => {
      const { client } = context
      const group = new GroupUnderTest(context, 'to the whole log')
      await group.append([0, 1])
      const startFrom = positionOf(await client.append(group.streamName, [fact(2)]))
      await group.append([3])
      await client.calls.createPersistentSubscriptionToAll(group.groupName, client.allGroupSettings({ startFrom }), {
        filter: client.streamNameFilter({ prefixes: [group.streamName] }),
      })
      context.onEnd(() => group.delete())
      assert.deepEqual(await group.consume(ack).firstValues(2), [2, 3])
    },

    'to the whole log filters by event type and by stream, by prefix and by regular expression': async (context) => {
      const { client } = context
      const word = context.newWord()
      const filters = [
        client.eventTypeFilter({ prefixes: [`${word}-a`] }),
        client.eventTypeFilter({ regex: `^${word}-[ab]$` }),
        client.streamNameFilter({ regex: `${word}-2$` }),
      ]
      const groups = []
      for (const filter of filters) {
        const group = await new GroupUnderTest(context, 'to the whole log').begin()
        groups.push(await group.create({}, 'start', filter))
      }
      const consumers = groups.map((group) => group.consume(ack))
      await client.append(`x${word}-1`, [fact(0, `${word}-a`), fact(1, `${word}-b`), fact(2, `${word}-c`)])
      await client.append(`x${word}-2`, [fact(3, `${word}-a`), fact(4, 'Other')])
      const [byPrefix, byRegex, byStream] = consumers
      assert.deepEqual(await byPrefix?.firstValues(2), [0, 3])
      assert.deepEqual(await byRegex?.firstValues(3), [0, 1, 3])
      assert.deepEqual(await byStream?.firstValues(2), [3, 4])
    },

    'with another one on the same stream: both have everything': async (context) => {
      const first = await new GroupUnderTest(context, 'to a stream').create()
      const second = await new GroupUnderTest(context, 'to a stream', context.client, first.streamName).create()
      const consumers = [first.consume(ack), second.consume(ack)]
      await first.append(range(0, 20))
      for (const consumer of consumers) assert.deepEqual(await consumer.firstValues(20), range(0, 20))
    },

    'outlives a restart of the subsystem, which drops its consumers': [
      {
        ownServerOnly: 'it drops the consumers of everybody',
        breaksConnections: 'its server is stopped after it',
      },
      async (context) => {
        const server = await context.startServer()
        const group = new GroupUnderTest(context, 'to a stream', context.openClient({ server }))
        await group.create({ maxRetryCount: 6 })
        const consumer = group.consume(ack)
        await group.append([0])
        await consumer.first(1)
        const { calls } = context.openClient({ server })
        await calls.restartPersistentSubscriptionSubsystem()
        assert.notEqual((await consumer.failure).type, 'none')
        await eventually('the group is back', () =>
          group.info().then(
            ({ settings }) => settings.maxRetryCount === 6,
            () => false,
          ),
        )
        await group.append([1])
        const again = group.consume(ack)
        await again.until(() => again.values.includes(1))
      },
    ],
  }),
]
