/** Who may do what, over TLS: passwords, credentials of a connection and of a call, and the lists of streams. */
import assert from 'node:assert/strict'
import { collect, fact, facts, fails, readValues, watch } from '../case-tools.ts'
import { type CaseBody, type CaseContext, conformanceCases } from '../conformance-case.ts'
import type { Credentials } from '../conformance-client.ts'
import { callRaw, messageField, textField } from '../raw-call.ts'
import { getSecureClients, type SecureClients } from '../secure-clients.ts'

const terms = { asksUsers: true }
const denied = { type: 'access-denied' }

type Secured = SecureClients & {
  readonly context: CaseContext
  /** Makes a user and gives their credentials. */
  addUser(...groups: string[]): Promise<Credentials>
}

const secured =
  (body: (secured: Secured) => Promise<void>): CaseBody =>
  async (context) => {
    const server = await context.getSecureServer()
    const { connectionString, admin } = server
    const addUser = async (...groups: string[]) => {
      const user = { username: context.newWord(), password: 'secret enough' }
      const request = messageField(
        1,
        textField(1, user.username),
        textField(2, user.password),
        textField(3, 'Somebody'),
        ...groups.map((group) => textField(4, group)),
      )
      const { code, details } = await callRaw(
        connectionString,
        '/event_store.client.users.Users/Create',
        request,
        admin,
      )
      assert.equal(code, 0, details)
      context.onEnd(() =>
        callRaw(
          connectionString,
          '/event_store.client.users.Users/Delete',
          messageField(1, textField(1, user.username)),
          admin,
        ),
      )
      return user
    }
    await body({
      context,
      ...getSecureClients(context, server),
      addUser,
    })
  }

/** Everything a caller can do to a stream, each as a promise that fails when they may not. */
const deeds = ({ context, anonymous }: Secured, streamName: string, credentials?: Credentials) => {
  const options = credentials ? { credentials } : {}
  const { calls } = anonymous
  return {
    append: () => anonymous.append(streamName, facts(1), options),
    read: () => readValues(anonymous, streamName, options),
    'read the log': () => collect(calls.readAll({ maxCount: 1, ...options })),
    subscribe: async () => {
      const watching = watch(context, calls.subscribeToStream(streamName, options))
      const failure = await Promise.race([watching.failure, watching.confirmed])
      if (failure) throw failure
    },
    'read metadata': () => calls.getStreamMetadata(streamName, options),
    'write metadata': () => calls.setStreamMetadata(streamName, { maxCount: 5 }, options),
    delete: () => calls.deleteStream(streamName, options),
  }
}

type Deed = keyof ReturnType<typeof deeds>

async function allDenied(all: ReturnType<typeof deeds>, names: readonly Deed[]): Promise<void> {
  for (const name of names) await fails(all[name](), denied).catch((error) => assert.fail(`${name}: ${error}`))
}

export const accessCases = conformanceCases('With users and TLS', {
  'an administrator may do everything': [
    terms,
    secured(async ({ admin, context }) => {
      const streamName = context.newStream()
      await admin.append(streamName, facts(2))
      assert.deepEqual(await readValues(admin, streamName), [0, 1])
      assert.equal((await collect(admin.calls.readAll({ maxCount: 1 }))).length, 1)
      await admin.calls.setStreamMetadata(streamName, { maxCount: 1 })
      assert.deepEqual(await watch(context, admin.calls.subscribeToStream(streamName)).firstValues(1), [1])
      await admin.calls.deleteStream(streamName)
    }),
  ],

  'credentials may come with each call': [
    terms,
    secured(async (given) => {
      const user = await given.addUser()
      const streamName = given.context.newStream()
      const all = deeds(given, streamName, user)
      for (const name of ['append', 'read', 'subscribe', 'write metadata', 'read metadata', 'delete'] as const)
        await all[name]()
    }),
  ],

  'credentials of a call count, not those of the connection': [
    terms,
    secured(async ({ admin, addUser, context }) => {
      const user = await addUser()
      const streamName = context.newStream()
      await admin.append(streamName, facts(1))
      await admin.calls.setStreamMetadata(streamName, { acl: { readRoles: ['$admins'], writeRoles: ['$admins'] } })
      await fails(readValues(admin, streamName, { credentials: user }), denied)
      await fails(admin.append(streamName, facts(1), { credentials: user }), denied)
      assert.deepEqual(await readValues(admin, streamName), [0])
    }),
  ],

  'who says no name may do nothing': [
    terms,
    secured(async (given) => {
      const streamName = given.context.newStream()
      await given.admin.append(streamName, facts(1))
      const names = [
        'append',
        'read',
        'read the log',
        'subscribe',
        'read metadata',
        'write metadata',
        'delete',
      ] as const
      await allDenied(deeds(given, streamName), names)
    }),
  ],

  'a wrong password is worth nothing, nor is a name nobody has': [
    terms,
    secured(async (given) => {
      const streamName = given.context.newStream()
      await given.admin.append(streamName, facts(1))
      const user = await given.addUser()
      const wrong = deeds(given, streamName, { ...user, password: 'wrong' })
      await allDenied(wrong, ['append', 'read', 'subscribe', 'delete'])
      const unknown = deeds(given, streamName, { username: given.context.newWord(), password: user.password })
      await allDenied(unknown, ['append', 'read'])
    }),
  ],

  'a user may not read the whole log nor touch system streams': [
    terms,
    secured(async (given) => {
      const user = await given.addUser()
      const system = `$${given.context.newWord()}`
      await given.admin.append(system, facts(1))
      await allDenied(deeds(given, system, user), ['append', 'read', 'subscribe', 'read the log', 'delete'])
    }),
  ],

  'a list says who may read, write, delete and see metadata': [
    terms,
    secured(async (given) => {
      const [reader, writer] = [await given.addUser(), await given.addUser()]
      const streamName = given.context.newStream()
      await given.admin.append(streamName, [fact(0)])
      const acl = {
        readRoles: [reader.username, writer.username],
        writeRoles: [writer.username],
        deleteRoles: ['$admins'],
        metaReadRoles: [writer.username],
        metaWriteRoles: ['$admins'],
      }
      await given.admin.calls.setStreamMetadata(streamName, { acl })
      const [asReader, asWriter] = [deeds(given, streamName, reader), deeds(given, streamName, writer)]
      await asReader.read()
      await asReader.subscribe()
      await allDenied(asReader, ['append', 'read metadata', 'write metadata', 'delete'])
      await asWriter.append()
      await asWriter.read()
      assert.deepEqual(
        await asWriter['read metadata']().then((found) => Object.keys(found as object).includes('metadata')),
        true,
      )
      await allDenied(asWriter, ['write metadata', 'delete'])
    }),
  ],

  'a list may name groups': [
    terms,
    secured(async (given) => {
      const group = given.context.newWord()
      const [member, other] = [await given.addUser(group), await given.addUser()]
      const streamName = given.context.newStream()
      await given.admin.append(streamName, [fact(0)])
      await given.admin.calls.setStreamMetadata(streamName, { acl: { readRoles: [group], writeRoles: [group] } })
      await deeds(given, streamName, member).append()
      await deeds(given, streamName, member).read()
      await allDenied(deeds(given, streamName, other), ['append', 'read', 'subscribe'])
    }),
  ],

  'a list that is changed counts at once': [
    terms,
    secured(async (given) => {
      const user = await given.addUser()
      const streamName = given.context.newStream()
      await given.admin.append(streamName, [fact(0)])
      await deeds(given, streamName, user).read()
      await given.admin.calls.setStreamMetadata(streamName, { acl: { readRoles: ['$admins'] } })
      await allDenied(deeds(given, streamName, user), ['read'])
      await given.admin.calls.setStreamMetadata(streamName, { acl: { readRoles: ['$all'] } })
      await deeds(given, streamName, user).read()
    }),
  ],

  'persistent subscriptions are for administrators and operators to make, and for readers to consume': [
    terms,
    secured(async (given) => {
      const { admin, anonymous, context } = given
      const user = await given.addUser()
      const operator = await given.addUser('$ops')
      const [streamName, groupName] = [context.newStream(), context.newGroup()]
      const settings = admin.streamGroupSettings({ startFrom: 'start' })
      const create = (credentials: Credentials) =>
        anonymous.calls.createPersistentSubscriptionToStream(streamName, groupName, settings, { credentials })
      await fails(create(user), denied)
      await create(operator)
      context.onEnd(() => admin.calls.deletePersistentSubscriptionToStream(streamName, groupName))
      await fails(
        anonymous.calls.deletePersistentSubscriptionToStream(streamName, groupName, { credentials: user }),
        denied,
      )
      await admin.append(streamName, facts(1))
      const consumer = watch(
        context,
        anonymous.calls.subscribeToPersistentSubscriptionToStream(streamName, groupName, { credentials: user }),
      )
      assert.deepEqual(await consumer.firstValues(1), [0])
      await admin.calls.setStreamMetadata(streamName, { acl: { readRoles: ['$admins'] } })
      const refused = watch(
        context,
        anonymous.calls.subscribeToPersistentSubscriptionToStream(streamName, groupName, { credentials: user }),
      )
      assert.equal((await refused.failure).type, 'access-denied')
    }),
  ],
})
