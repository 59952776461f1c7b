/** Users, passwords and access control lists, as the official client and an administrator's own calls meet them. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import * as kurrent from '@kurrent/kurrentdb-client'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { createLog, silentLog } from '#kernel/log.ts'
import { eventually } from '#support/eventually.ts'
import { openUsersClient, type UsersClient } from '#support/users-client.ts'

let folder: string
let server: EventStoreServer
let users: UsersClient
let admin: kurrent.KurrentDBClient
let ann: kurrent.KurrentDBClient
let bob: kurrent.KurrentDBClient
let nobody: kurrent.KurrentDBClient
const opened: kurrent.KurrentDBClient[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-access-'))
  server = await startEventStoreServer({
    file: ':memory:',
    port: 0,
    log: silentLog,
    tls: { selfMade: folder },
    users: { adminPassword: 'of-admin', opsPassword: 'of-ops' },
  })
  users = openUsersClient(server.connectionString, 'admin:of-admin')
  await users.create('ann', { fullName: 'Ann', groups: ['writers'], password: 'of-ann' })
  await users.create('bob', { password: 'of-bob' })
  admin = open('admin:of-admin')
  ann = open('ann:of-ann')
  bob = open('bob:of-bob')
  nobody = open('')
})

afterAll(async () => {
  users.close()
  for (const client of opened) await client.dispose()
  await server.stop()
  rmSync(folder, { recursive: true })
})

function open(credentials: string): kurrent.KurrentDBClient {
  const user = credentials && `${credentials}@`
  const client = kurrent.KurrentDBClient.connectionString(server.connectionString.replace('://', `://${user}`))
  opened.push(client)
  return client
}

const newStream = () => `order-${randomUUID()}`
const event = () => kurrent.jsonEvent({ type: 'Ordered', data: {} })
const read = (client: kurrent.KurrentDBClient, stream: string) => Array.fromAsync(client.readStream(stream))

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: { type?: string; message: string }) => error.type ?? error.message,
  )
}

/** What each call of the client comes to, one after another. */
async function outcomesOf(calls: Readonly<Record<string, () => Promise<unknown>>>): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {}
  for (const [name, call] of Object.entries(calls)) outcomes[name] = await outcomeOf(call())
  return outcomes
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => status.OK,
    (error: { code?: status }) => error.code,
  )

/** What the server tells of itself, every so often: no official client asks for it. */
function openStatistics(connectionString: string, caller: string) {
  const { host, searchParams } = new URL(connectionString.replace(/^\w+:/, 'http:'))
  const client = new Client(host, credentials.createSsl(readFileSync(searchParams.get('tlsCAFile') ?? '')))
  const metadata = new Metadata()
  metadata.set('authorization', `Basic ${Buffer.from(caller).toString('base64')}`)
  const same = (bytes: Buffer) => bytes
  const path = '/event_store.client.monitoring.Monitoring/Stats'
  const call = client.makeServerStreamRequest(path, same, same, Buffer.alloc(0), metadata)
  const first = createDeferred()
  const failure = createDeferred<status>()
  call.on('data', () => first.resolve())
  call.on('error', (error: { code?: status }) => failure.resolve(error.code ?? status.UNKNOWN))
  return { first: first.promise, failure: failure.promise, close: () => client.close() }
}

describe('a stream with a list', () => {
  test('is open to those it names, by themselves or by a group, each right by itself', async () => {
    const stream = newStream()
    await admin.appendToStream(stream, [event()])
    await admin.setStreamMetadata(stream, {
      acl: {
        readRoles: ['bob', 'writers'],
        writeRoles: ['writers'],
        deleteRoles: [],
        metaReadRoles: ['bob'],
        metaWriteRoles: [],
      },
    })
    const callsOf = (client: kurrent.KurrentDBClient) => ({
      read: () => read(client, stream),
      append: () => client.appendToStream(stream, [event()]),
      'read metadata': () => client.getStreamMetadata(stream),
      'write metadata': () => client.setStreamMetadata(stream, {}),
      delete: () => client.deleteStream(stream),
      tombstone: () => client.tombstoneStream(stream),
    })
    const denied = 'access-denied'
    const closed = { 'write metadata': denied, delete: denied, tombstone: denied }
    expect(await outcomesOf(callsOf(ann))).toEqual({ read: 'done', append: 'done', 'read metadata': denied, ...closed })
    expect(await outcomesOf(callsOf(bob))).toEqual({ read: 'done', append: denied, 'read metadata': 'done', ...closed })
    const nothing = { read: denied, append: denied, 'read metadata': denied, ...closed }
    expect(await outcomesOf(callsOf(nobody))).toEqual(nothing)
    expect(await outcomeOf(admin.deleteStream(stream))).toBe('done')
  })

  test('is judged by the credentials of the call, where a call has some', async () => {
    const stream = newStream()
    await admin.setStreamMetadata(stream, { acl: { writeRoles: ['ann'] } })
    const as = (username: string, password: string) => ({ credentials: { username, password } })
    expect(await outcomeOf(bob.appendToStream(stream, [event()], as('ann', 'of-ann')))).toBe('done')
    expect(await outcomeOf(ann.appendToStream(stream, [event()], as('bob', 'of-bob')))).toBe('access-denied')
    expect(await outcomeOf(ann.appendToStream(stream, [event()], as('ann', 'wrong')))).toBe('access-denied')
  })

  test('hides its events from links that others follow', async () => {
    const [secret, list] = [newStream(), newStream()]
    await admin.appendToStream(secret, [event()])
    await admin.setStreamMetadata(secret, { acl: { readRoles: ['ann'] } })
    const link = kurrent.binaryEvent({ type: '$>', data: Buffer.from(`0@${secret}`) })
    await admin.appendToStream(list, [link])
    const follow = (client: kurrent.KurrentDBClient) =>
      Array.fromAsync(client.readStream(list, { resolveLinkTos: true })).then(([first]) => first?.event?.streamId)
    expect(await follow(ann)).toBe(secret)
    expect(await follow(bob)).not.toBe(secret)
  })
})

describe('the whole log', () => {
  test('is read and followed by administrators, and by whom its list names', async () => {
    const head = () => Array.fromAsync(bob.readAll({ maxCount: 1 }))
    expect(await outcomeOf(head())).toBe('access-denied')
    expect(await outcomeOf(Array.fromAsync(bob.subscribeToAll()))).toBe('access-denied')
    await admin.setStreamMetadata('$all', { acl: { readRoles: ['bob'] } })
    expect(await head()).toHaveLength(1)
    expect(await outcomeOf(Array.fromAsync(ann.readAll({ maxCount: 1 })))).toBe('access-denied')
  })
})

describe('a subscription', () => {
  test('ends when its right is taken away, before anything more is delivered', async () => {
    const stream = newStream()
    await admin.appendToStream(stream, [event()])
    const subscription = ann.subscribeToStream(stream)
    const seen: unknown[] = []
    const ended = createDeferred<{ type?: string }>()
    const caughtUp = createDeferred()
    subscription.on('data', (resolved) => seen.push(resolved))
    subscription.on('caughtUp', () => caughtUp.resolve())
    subscription.on('error', (error) => ended.resolve(error as { type?: string }))
    await caughtUp.promise
    await admin.setStreamMetadata(stream, { acl: { readRoles: ['bob'] } })
    await admin.appendToStream(stream, [event()])
    expect((await ended.promise).type).toBe('access-denied')
    expect(seen).toHaveLength(1)
  })

  test('that is persistent is made by operators and consumed by those who may read its stream', async () => {
    const stream = newStream()
    await admin.appendToStream(stream, [event()])
    await admin.setStreamMetadata(stream, { acl: { readRoles: ['ann'] } })
    const settings = kurrent.persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start' })
    const create = (client: kurrent.KurrentDBClient) =>
      client.createPersistentSubscriptionToStream(stream, 'group', settings)
    expect(await outcomeOf(create(ann))).toBe('access-denied')
    expect(await outcomeOf(create(open('ops:of-ops')))).toBe('done')
    expect(await outcomeOf(Array.fromAsync(bob.subscribeToPersistentSubscriptionToStream(stream, 'group')))).toBe(
      'access-denied',
    )
    const consumer = ann.subscribeToPersistentSubscriptionToStream(stream, 'group')
    for await (const resolved of consumer) {
      expect(resolved.event?.streamId).toBe(stream)
      break
    }
    await consumer.unsubscribe()
  })

  test('that is persistent and resolves links shows each consumer what it may read', async () => {
    const [secret, list] = [newStream(), newStream()]
    await admin.appendToStream(secret, [event()])
    await admin.setStreamMetadata(secret, { acl: { readRoles: ['ann'] } })
    await admin.appendToStream(list, [kurrent.binaryEvent({ type: '$>', data: Buffer.from(`0@${secret}`) })])
    const settings = kurrent.persistentSubscriptionToStreamSettingsFromDefaults({
      startFrom: 'start',
      resolveLinkTos: true,
    })
    const first = async (client: kurrent.KurrentDBClient, group: string) => {
      await admin.createPersistentSubscriptionToStream(list, group, settings)
      const consumer = client.subscribeToPersistentSubscriptionToStream(list, group)
      for await (const { event, link } of consumer) {
        await consumer.unsubscribe()
        return { event: event?.streamId, link: link?.streamId }
      }
      return undefined
    }
    expect(await first(ann, 'hers')).toEqual({ event: secret, link: list })
    expect(await first(bob, 'his')).toEqual({ event: undefined, link: list })
  })
})

describe('users', () => {
  test('are made, looked at, changed and taken away by administrators', async () => {
    await users.create('cleo', { fullName: 'Cleo', groups: ['a', 'b'], password: 'of-cleo' })
    const cleo = { loginName: 'cleo', fullName: 'Cleo', groups: ['a', 'b'], isDisabled: false }
    expect(await users.details('cleo')).toEqual([cleo])
    await users.update('cleo', { fullName: 'Cleopatra', groups: ['b'] })
    await users.disable('cleo')
    expect(await users.details()).toContainEqual({ ...cleo, fullName: 'Cleopatra', groups: ['b'], isDisabled: true })
    const own = openUsersClient(server.connectionString, 'cleo:of-cleo')
    expect(await codeOf(own.details('cleo'))).toBe(status.UNAUTHENTICATED)
    await users.enable('cleo')
    expect(await codeOf(own.details('cleo'))).toBe(status.OK)
    const tooLong = { fullName: 'Somebody else', password: 'x'.repeat(2_000) }
    expect(await codeOf(users.update('cleo', tooLong))).toBe(status.INVALID_ARGUMENT)
    expect((await users.details('cleo')).map(({ fullName }) => fullName)).toEqual(['Cleopatra'])
    await users.delete('cleo')
    expect(await codeOf(own.details('cleo'))).toBe(status.UNAUTHENTICATED)
    own.close()
  })

  test('that exist, or do not, are named in the errors clients know', async () => {
    const failureOf = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (error: { metadata: { get(key: string): unknown[] } }) =>
          ['exception', 'login-name'].map((key) => String(error.metadata.get(key)[0])),
      )
    expect(await failureOf(users.create('ann', { password: 'x' }))).toEqual(['user-conflict', 'ann'])
    for (const work of [
      users.details('dan'),
      users.delete('dan'),
      users.disable('dan'),
      users.resetPassword('dan', 'x'),
    ])
      expect(await failureOf(work)).toEqual(['user-not-found', 'dan'])
  })

  test('change their own passwords with the current one, and have them reset by administrators', async () => {
    await users.create('eve', { password: 'first' })
    const eve = openUsersClient(server.connectionString, 'eve:first')
    expect(await codeOf(eve.changePassword('eve', 'wrong', 'second'))).toBe(status.PERMISSION_DENIED)
    expect(await codeOf(eve.changePassword('ann', 'of-ann', 'second'))).toBe(status.PERMISSION_DENIED)
    expect(await codeOf(eve.resetPassword('eve', 'second'))).toBe(status.PERMISSION_DENIED)
    expect(await codeOf(eve.changePassword('eve', 'first', 'second'))).toBe(status.OK)
    expect(await codeOf(eve.details('eve'))).toBe(status.UNAUTHENTICATED)
    await users.resetPassword('eve', 'third')
    const again = openUsersClient(server.connectionString, 'eve:third')
    expect(await codeOf(again.details('eve'))).toBe(status.OK)
    eve.close()
    again.close()
  })

  test('whose password was reset do not go on with connections that showed the old one', async () => {
    await users.create('finn', { password: 'first' })
    const finn = open('finn:first')
    const stream = newStream()
    expect(await outcomeOf(finn.appendToStream(stream, [event()]))).toBe('done')
    const subscription = finn.subscribeToStream(stream)
    const ended = createDeferred<{ type?: string }>()
    const confirmed = createDeferred()
    subscription.on('confirmation', () => confirmed.resolve())
    subscription.on('error', (error) => ended.resolve(error as { type?: string }))
    subscription.resume()
    await confirmed.promise
    await users.resetPassword('finn', 'second')
    expect((await ended.promise).type).toBe('access-denied')
    expect(await outcomeOf(finn.appendToStream(stream, [event()]))).toBe('access-denied')
  })
})

describe('the statistics', () => {
  test('go on for operators only as long as they are that', async () => {
    await users.create('gil', { groups: ['$ops'], password: 'of-gil' })
    const statistics = openStatistics(server.connectionString, 'gil:of-gil')
    await statistics.first
    await users.update('gil', { groups: [] })
    expect(await statistics.failure).toBe(status.PERMISSION_DENIED)
    statistics.close()
  })
})

describe('a store that begins', () => {
  test('makes up its first passwords, keeps them in files for its owner only, and shows them nowhere else', async () => {
    const own = mkdtempSync(join(tmpdir(), 'event-store-first-'))
    const lines: string[] = []
    const log = createLog('test', (line) => lines.push(JSON.stringify(line)))
    const options = { file: join(own, 'events.db'), port: 0, log, tls: { selfMade: join(own, 'tls') } }
    const first = await startEventStoreServer(options)
    const passwordFile = join(own, 'tls', 'admin.password')
    const password = readFileSync(passwordFile, 'utf8').trim()
    expect(statSync(passwordFile).mode & 0o777).toBe(0o600)
    expect(password.length).toBeGreaterThanOrEqual(24)
    expect(lines.filter((line) => line.includes(passwordFile))).toHaveLength(1)
    expect(lines.filter((line) => line.includes(password))).toEqual([])
    const namesOf = async (connectionString: string, secret: string) => {
      const client = openUsersClient(connectionString, `admin:${secret}`)
      return client
        .details()
        .then((all) => all.map(({ loginName }) => loginName))
        .finally(client.close)
    }
    expect(await namesOf(first.connectionString, password)).toEqual(['ops', 'admin'])
    await first.stop()

    const second = await startEventStoreServer(options)
    expect(await namesOf(second.connectionString, password)).toEqual(['ops', 'admin'])
    await second.stop()

    const third = await startEventStoreServer({
      ...options,
      users: { resetsAdmin: true, adminPassword: 'a-way-back-in' },
    })
    expect(await codeOf(namesOf(third.connectionString, password))).toBe(status.UNAUTHENTICATED)
    expect(await namesOf(third.connectionString, 'a-way-back-in')).toEqual(['ops', 'admin'])
    await third.stop()
    rmSync(own, { recursive: true })
  })

  test('gives callers without credentials what everybody has, where that is allowed', async () => {
    const tls = { selfMade: folder }
    const users = { adminPassword: 'x', opsPassword: 'x', allowsAnonymousStreams: true }
    const own = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog, tls, users })
    const client = kurrent.KurrentDBClient.connectionString(own.connectionString)
    const stream = newStream()
    expect(await outcomeOf(client.appendToStream(stream, [event()]))).toBe('done')
    expect(await outcomeOf(read(client, stream))).toBe('done')
    expect(await outcomeOf(Array.fromAsync(client.readAll({ maxCount: 1 })))).toBe('access-denied')
    await client.dispose()
    await own.stop()
  })
})

test('calls that were refused are over on the server', async () => {
  await eventually('no refused call is open', async () => server.stats().openCalls <= opened.length)
})
