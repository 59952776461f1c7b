/** Connections: how a server is found, what it says of itself, deadlines, and what a client sees when it goes away. */
import assert from 'node:assert/strict'
import { eventually, fact, facts, fails, failureOf, range, readValues, watch } from '../case-tools.ts'
import { conformanceCases } from '../conformance-case.ts'
import { callRaw, callRawForMany, fieldsOf, messageField, textField } from '../raw-call.ts'

const unimplemented = 12
const unauthorised = [7, 16]

export const connectionCases = [
  ...conformanceCases('A server', {
    'is found by asking it for its cluster': async (context) => {
      const discovering = context.openClient({ isDiscovering: true })
      const streamName = context.newStream()
      await discovering.append(streamName, facts(2))
      assert.deepEqual(await readValues(discovering, streamName), [0, 1])
    },

    'leads, for those who ask for a leader': async ({ client, newStream, admin }) => {
      const streamName = newStream()
      await client.append(streamName, facts(1), { requiresLeader: true, credentials: admin })
      assert.deepEqual(await readValues(client, streamName, { requiresLeader: true }), [0])
    },

    'answers an append whose deadline has passed with that': async ({ client, newStream, admin }) => {
      const streamName = newStream()
      for (const options of [{}, { credentials: admin }])
        await fails(client.append(streamName, facts(1), { deadline: -5_000, ...options }), {
          type: 'deadline-exceeded',
        })
      await fails(readValues(client, streamName), { type: 'stream-not-found' })
    },

    'says which version it speaks and which methods it has': async ({ connectionString, admin }) => {
      const path = '/event_store.client.server_features.ServerFeatures/GetSupportedMethods'
      const { code, reply } = await callRaw(connectionString, path, Buffer.alloc(0), admin)
      assert.equal(code, 0)
      const fields = fieldsOf(reply)
      assert.match(String(fields.find(({ field }) => field === 2)?.bytes), /^\d+\.\d+\.\d+/)
      const methods = fields
        .filter(({ field }) => field === 1)
        .map(({ bytes }) => fieldsOf(bytes).map((each) => String(each.bytes)))
      const has = (method: string, service: string) =>
        methods.some((texts) => texts.includes(method) && texts.some((text) => text.toLowerCase().includes(service)))
      for (const method of ['append', 'batchappend', 'read', 'delete', 'tombstone'])
        assert.ok(has(method, 'streams'), method)
      for (const method of ['create', 'update', 'delete', 'getinfo', 'list', 'replayparked', 'read'])
        assert.ok(has(method, 'persistent'), method)
    },

    'tells its cluster: at least one member is alive and leads': async ({ connectionString, admin }) => {
      const { code, reply } = await callRaw(
        connectionString,
        '/event_store.client.gossip.Gossip/Read',
        Buffer.alloc(0),
        admin,
      )
      assert.equal(code, 0)
      const members = fieldsOf(reply).map(({ bytes }) => fieldsOf(bytes))
      const leads = members.filter(
        (member) =>
          member.some(({ field, number }) => field === 3 && number === 8) &&
          member.some(({ field, number }) => field === 4 && number === 1),
      )
      assert.equal(leads.length, 1)
    },

    'reports its statistics, under the names that are documented, again and again': async ({
      connectionString,
      admin,
    }) => {
      const path = '/event_store.client.monitoring.Monitoring/Stats'
      const every100Ms = Buffer.from([0x20, 100])
      for (const reply of await callRawForMany(connectionString, { path, request: every100Ms, count: 2 }, admin)) {
        const entries = fieldsOf(reply).map(({ bytes }) => fieldsOf(bytes).map((text) => String(text.bytes)))
        const statistics = new Map(entries.map(([name = '', value = '']) => [name, value]))
        assert.ok(Number(statistics.get('proc-mem')) > 0, [...statistics.keys()].join())
      }
    },

    'answers what it does not know with "unimplemented", and goes on': async ({
      connectionString,
      admin,
      client,
      newStream,
    }) => {
      const answer = await callRaw(
        connectionString,
        '/event_store.client.streams.Streams/Dance',
        Buffer.alloc(0),
        admin,
      )
      assert.equal(answer.code, unimplemented)
      await client.append(newStream(), facts(1))
    },

    'answers rubbish with an error, and goes on': async ({ connectionString, admin, client, newStream }) => {
      const rubbish = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x01, 0x02])
      const answer = await callRaw(connectionString, '/event_store.client.streams.Streams/Delete', rubbish, admin)
      assert.notEqual(answer.code, 0)
      await client.append(newStream(), facts(1))
    },

    'has no projections of its own, and says so': [
      { ownServerOnly: 'other servers have projections' },
      async ({ client, newWord }) => {
        const { code } = await failureOf(client.calls.createProjection(newWord(), 'fromAll()'))
        assert.equal(code, unimplemented)
        await failureOf(client.calls.listProjections()).then((failure) => assert.equal(failure.code, unimplemented))
      },
    ],

    'serves many clients at once': async (context) => {
      const clients = range(0, 3).map(() => context.openClient())
      const streamName = context.newStream()
      await Promise.all(clients.map((client, index) => client.append(streamName, [fact(index)])))
      for (const client of clients) assert.deepEqual((await readValues(client, streamName)).sort(), range(0, 3))
    },
  }),

  ...conformanceCases('A server that goes away', {
    'ends subscriptions with an error, and serves the same clients when it is back': [
      { ownServerOnly: 'the server is restarted', breaksConnections: 'the server is restarted' },
      async (context) => {
        for (const how of ['in order', 'killed'] as const) {
          const server = await context.startServer()
          const client = context.openClient({ server })
          const streamName = context.newStream()
          await client.append(streamName, facts(3), { expected: 'no_stream' })
          assert.deepEqual(await readValues(client, streamName), [0, 1, 2])
          const watching = watch(context, client.calls.subscribeToStream(streamName))
          await watching.first(3)
          const restarting = server.restart(how)
          assert.equal((await watching.failure).type, 'unavailable')
          await restarting
          // The same event each time: when only the answer was lost, the next try is told that it is there.
          const next = [fact(3)]
          await eventually('an append succeeds', () =>
            client.append(streamName, next, { expected: 2n, deadline: 10_000 }).then(
              () => true,
              () => false,
            ),
          )
          await eventually(
            'a read succeeds',
            async () => (await readValues(client, streamName).catch(() => [])).length === 4,
          )
          const again = watch(context, client.calls.subscribeToStream(streamName, { fromRevision: 2n }))
          assert.deepEqual(await again.firstValues(1), [3])
        }
      },
    ],

    'at the request of an administrator goes in order': [
      { ownServerOnly: 'the server is stopped', breaksConnections: 'the server is stopped' },
      async (context) => {
        const server = await context.startServer()
        const client = context.openClient({ server })
        const streamName = context.newStream()
        await client.append(streamName, facts(2))
        const { code } = await callRaw(server.connectionString, '/event_store.client.operations.Operations/Shutdown')
        assert.equal(code, 0)
        await server.restart()
        await eventually('what was appended is there', async () => {
          const reader = context.openClient({ server, query: 'keepAliveInterval=13000' })
          return (await readValues(reader, streamName).catch(() => [])).length === 2
        })
      },
    ],
  }),

  ...conformanceCases('A client', {
    'that is disposed of ends its subscriptions on the server': [
      {
        ownServerOnly: 'its connections are counted',
        breaksConnections: 'the client is disposed of',
      },
      async (context) => {
        const server = await context.startServer()
        const leaving = context.openClient({ server })
        const streamName = context.newStream()
        const settings = leaving.streamGroupSettings()
        const groupName = context.newGroup()
        await leaving.calls.createPersistentSubscriptionToStream(streamName, groupName, settings)
        await watch(context, leaving.calls.subscribeToPersistentSubscriptionToStream(streamName, groupName)).confirmed
        await leaving.calls.dispose()
        const staying = context.openClient({ server, query: 'keepAliveInterval=14000' })
        await eventually('its consumer has left', async () => {
          const info = await staying.calls.getPersistentSubscriptionToStreamInfo(streamName, groupName)
          return info.connections.length === 0
        })
      },
    ],
  }),

  ...conformanceCases('An operator', {
    'starts a scavenge and is told its id; nobody else may': [
      { ownServerOnly: 'a foreign server is not ours to scavenge' },
      async (context) => {
        const { connectionString, admin } = await context.getSecureServer()
        const path = '/event_store.client.operations.Operations/StartScavenge'
        const { code, reply } = await callRaw(connectionString, path, messageField(1), admin)
        assert.equal(code, 0)
        assert.ok(String(fieldsOf(reply)[0]?.bytes).length > 0)
        assert.ok(unauthorised.includes((await callRaw(connectionString, path, messageField(1))).code))
      },
    ],

    'that stops a scavenge nobody started is told so': [
      { ownServerOnly: 'a foreign server is not ours to scavenge' },
      async (context) => {
        const { connectionString, admin } = await context.getSecureServer()
        const path = '/event_store.client.operations.Operations/StopScavenge'
        const answer = await callRaw(
          connectionString,
          path,
          messageField(1, textField(1, 'nobody-started-this')),
          admin,
        )
        assert.equal(answer.code, 5)
      },
    ],
  }),
]
