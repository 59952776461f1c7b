/** Persistent subscriptions as things: made, changed, looked at, listed and deleted. */
import assert from 'node:assert/strict'
import { eventually, fact, fails, failureOf, positionOf } from '../case-tools.ts'
import { type ConformanceCase, conformanceCases } from '../conformance-case.ts'
import { ack, GroupUnderTest, type Source, sources } from '../group-under-test.ts'

const everySetting = {
  resolveLinkTos: true,
  extraStatistics: true,
  messageTimeout: 5_000,
  maxRetryCount: 3,
  checkPointAfter: 1_000,
  checkPointLowerBound: 5,
  checkPointUpperBound: 50,
  maxSubscriberCount: 4,
  liveBufferSize: 300,
  readBatchSize: 11,
  historyBufferSize: 200,
  consumerStrategyName: 'Pinned',
}

const missing = (group: GroupUnderTest) => ({
  type: 'persistent-subscription-does-not-exist',
  streamName: group.sourceName,
  groupName: group.groupName,
})

const casesOf = (source: Source): readonly ConformanceCase[] =>
  conformanceCases(`A persistent subscription ${source}`, {
    'shows what it was made with': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.create(everySetting, 'end')
      const info = await group.info()
      assert.equal(info.eventSource, group.sourceName)
      assert.equal(info.groupName, group.groupName)
      assert.deepEqual(info.settings, { ...everySetting, startFrom: 'end' })
      assert.deepEqual(info.connections, [])
    },

    'is made once': async (context) => {
      const group = await new GroupUnderTest(context, source).create()
      const facts = { type: 'persistent-subscription-exists', streamName: group.sourceName, groupName: group.groupName }
      const failure = await failureOf(group.create())
      assert.deepEqual({ ...facts, type: failure.type }, facts)
      assert.deepEqual([failure.streamName, failure.groupName], [facts.streamName, facts.groupName])
    },

    'shows what it was changed to': async (context) => {
      const group = await new GroupUnderTest(context, source).create({ maxRetryCount: 2 })
      await group.update(everySetting)
      const { settings } = await group.info()
      const { startFrom: _, ...shown } = settings
      assert.deepEqual(shown, everySetting)
    },

    'cannot be changed, deleted, looked at, replayed or consumed when it is not there': async (context) => {
      const group = new GroupUnderTest(context, source)
      await fails(group.update({}), missing(group))
      await fails(group.delete(), missing(group))
      await fails(group.info(), missing(group))
      await fails(group.replayParked(), missing(group))
      const failure = await group.consume().failure
      assert.equal(failure.type, 'persistent-subscription-does-not-exist')
      assert.equal(failure.groupName, group.groupName)
    },

    'is gone once it is deleted, and can be made again': async (context) => {
      const group = await new GroupUnderTest(context, source).create({ maxRetryCount: 2 })
      await group.delete()
      await fails(group.info(), missing(group))
      await group.create({ maxRetryCount: 7 })
      assert.equal((await group.info()).settings.maxRetryCount, 7)
    },

    'drops its consumers when it is deleted': async (context) => {
      const group = await new GroupUnderTest(context, source).create()
      const consumer = group.consume()
      await consumer.confirmed
      await group.delete()
      assert.equal((await consumer.failure).type, 'persistent-subscription-dropped')
    },

    'drops its consumers when it is changed, and takes new ones': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.create()
      const consumer = group.consume()
      await consumer.confirmed
      await group.update({ maxRetryCount: 4 })
      assert.equal((await consumer.failure).type, 'persistent-subscription-dropped')
      await group.append([0])
      assert.deepEqual(await group.consume(ack).firstValues(1), [0])
    },

    'takes no more consumers than it may have': async (context) => {
      const group = await new GroupUnderTest(context, source).create({ maxSubscriberCount: 1 })
      const first = group.consume()
      await first.confirmed
      const refused = await group.consume().failure
      assert.equal(refused.type, 'maximum-subscribers-reached')
      await first.subscription.unsubscribe()
      await eventually('the place is free', async () => (await group.info()).connections.length === 0)
      await group.consume().confirmed
    },

    'shows its consumers, and what they have': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.create({ extraStatistics: true })
      await group.append([0, 1, 2])
      const consumer = group.consume(undefined, { bufferSize: 2 })
      await consumer.first(2)
      await eventually('the consumer is shown', async () => {
        const { connections, stats } = await group.info()
        const [only, ...others] = connections
        return (
          only !== undefined &&
          others.length === 0 &&
          only.inFlightMessages === 2 &&
          only.availableSlots === 0 &&
          stats.totalInFlightMessages === 2
        )
      })
      const [only] = (await group.info()).connections
      assert.ok((only?.from ?? '').length > 0)
      assert.ok((only?.connectionName ?? '').length > 0)
    },

    'shows how far it knows and has come': async (context) => {
      const group = await new GroupUnderTest(context, source).begin()
      await group.create()
      await group.append([0, 1, 2, 3])
      const { commit: lastCommit } = positionOf(await group.append([4]))
      await group.consume(ack).first(5)
      await eventually('the checkpoint of the last event is written', async () => {
        const { stats } = await group.info()
        const last = 'lastCheckpointedEventRevision' in stats ? stats.lastCheckpointedEventRevision : undefined
        const position = 'lastCheckpointedEventPosition' in stats ? stats.lastCheckpointedEventPosition : undefined
        return source === 'to a stream' ? last === 4n : (position?.commit ?? 0n) >= lastCommit
      })
      const { stats } = await group.info()
      if ('lastKnownEventRevision' in stats) assert.equal(stats.lastKnownEventRevision, 4n)
      if ('lastKnownEventPosition' in stats) assert.ok((stats.lastKnownEventPosition?.commit ?? 0n) >= lastCommit)
      assert.ok(stats.totalItems >= 5n)
      assert.equal(stats.parkedMessageCount, 0n)
    },
  })

export const groupManageCases = [
  ...sources.flatMap(casesOf),
  ...conformanceCases('Persistent subscriptions', {
    'of a stream are listed together, with what they were made with': async (context) => {
      const { client } = context
      const streamName = context.newStream()
      const groups = []
      for (const maxRetryCount of [1, 2, 3])
        groups.push(await new GroupUnderTest(context, 'to a stream', client, streamName).create({ maxRetryCount }))
      const list = await client.calls.listPersistentSubscriptionsToStream(streamName)
      const shown = list.map(({ eventSource, groupName, settings }) => [eventSource, groupName, settings.maxRetryCount])
      const expected = groups.map(({ groupName }, index) => [streamName, groupName, index + 1])
      assert.deepEqual(shown.sort(), expected.sort())
    },

    'of a stream that has none are an error': async ({ client, newStream }) => {
      const streamName = newStream()
      await fails(client.calls.listPersistentSubscriptionsToStream(streamName), {
        type: 'persistent-subscription-does-not-exist',
        streamName,
      })
    },

    'to be are refused when they are to begin where the log has not come yet': async ({ client, newGroup }) => {
      const beyond = { commit: 1n << 52n, prepare: 1n << 52n }
      const settings = client.allGroupSettings({ startFrom: beyond })
      assert.notEqual(
        (await failureOf(client.calls.createPersistentSubscriptionToAll(newGroup(), settings))).type,
        'none',
      )
    },

    'of the whole log are listed together': async (context) => {
      const groups = []
      for (let made = 0; made < 2; made++) groups.push(await new GroupUnderTest(context, 'to the whole log').create())
      const list = await context.client.calls.listPersistentSubscriptionsToAll()
      assert.ok(list.every(({ eventSource }) => eventSource === '$all'))
      for (const { groupName } of groups) assert.ok(list.some((each) => each.groupName === groupName))
    },

    'of both kinds are listed together when all are asked for': async (context) => {
      const groups = [
        await new GroupUnderTest(context, 'to a stream').create(),
        await new GroupUnderTest(context, 'to the whole log').create(),
      ]
      const list = await context.client.calls.listAllPersistentSubscriptions()
      for (const { groupName, sourceName } of groups)
        assert.ok(list.some((each) => each.groupName === groupName && each.eventSource === sourceName))
    },

    'show the defaults they were made with, and where they begin': async (context) => {
      const { client } = context
      const group = new GroupUnderTest(context, 'to a stream')
      for (const startFrom of ['start', 'end', 123n] as const) {
        const settings = client.streamGroupSettings({ startFrom })
        await client.calls.createPersistentSubscriptionToStream(group.streamName, group.groupName, settings)
        assert.deepEqual((await group.info()).settings, settings)
        await group.delete()
      }
      const position = positionOf(await client.append(context.newStream(), [fact(0)]))
      const toAll = new GroupUnderTest(context, 'to the whole log')
      for (const startFrom of ['start', 'end', position] as const) {
        const settings = client.allGroupSettings({ startFrom })
        await client.calls.createPersistentSubscriptionToAll(toAll.groupName, settings)
        assert.deepEqual((await toAll.info()).settings, settings)
        await toAll.delete()
      }
    },

    'of one name on two streams are two': async (context) => {
      const { calls, streamGroupSettings } = { ...context.client }
      const groupName = context.newGroup()
      const streams = [context.newStream(), context.newStream()]
      for (const streamName of streams) {
        await calls.createPersistentSubscriptionToStream(streamName, groupName, streamGroupSettings())
        context.onEnd(() => calls.deletePersistentSubscriptionToStream(streamName, groupName))
      }
      for (const streamName of streams)
        assert.equal((await calls.getPersistentSubscriptionToStreamInfo(streamName, groupName)).eventSource, streamName)
    },

    'may have names of every script': async (context) => {
      const { calls, streamGroupSettings } = context.client
      const [streamName, groupName] = [context.newStream('größe/漢字 🛠'), `группа ${context.newGroup()} 🛠`]
      await calls.createPersistentSubscriptionToStream(streamName, groupName, streamGroupSettings())
      const info = await calls.getPersistentSubscriptionToStreamInfo(streamName, groupName)
      assert.deepEqual([info.eventSource, info.groupName], [streamName, groupName])
      await calls.deletePersistentSubscriptionToStream(streamName, groupName)
    },
  }),
]
