/**
 * Who may call what, method by method: a service that forgets to ask is found here, because every method the server
 * answers is called by nobody and by somebody without rights. A new method must be given a request that is valid.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, Metadata, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { encodeMessage } from '#event-store-server/protobuf/encode-message.ts'
import { ProtoReader } from '#event-store-server/protobuf/proto-reader.ts'
import type { ProtoWriter } from '#event-store-server/protobuf/proto-writer.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'

/** What clients must be able to ask before they have shown who they are: to find the server, and what it can do. */
const openToEverybody = [
  '/event_store.client.gossip.Gossip/Read',
  '/event_store.client.server_features.ServerFeatures/GetSupportedMethods',
]

const secretStream = 'secret-1'
const toStream = (writer: ProtoWriter) =>
  writer.message(1, (identifier) => identifier.message(1, (name) => name.text(3, secretStream)))
/** Options as most requests have them, beginning with the stream. */
const aboutStream = (more: (options: ProtoWriter) => void = () => undefined) =>
  encodeMessage((writer) =>
    writer.message(1, (options) => {
      options.message(1, (stream) => stream.text(3, secretStream))
      more(options)
    }),
  )
const user = (name: string) => encodeMessage((writer) => writer.message(1, (options) => options.text(1, name)))
const anything = encodeMessage((writer) => writer.message(1, () => undefined))

const streams = '/event_store.client.streams.Streams'
const users = '/event_store.client.users.Users'
const groups = '/event_store.client.persistent_subscriptions.PersistentSubscriptions'
const operations = '/event_store.client.operations.Operations'

/** A request that would be answered if the caller had the right. */
const requestOf: Readonly<Record<string, Buffer>> = {
  [`${streams}/Read`]: encodeMessage((writer) =>
    writer.message(1, (options) => {
      toStream(options)
      options.uint(5, 10)
      options.empty(8)
      options.message(9, (uuids) => uuids.empty(2))
    }),
  ),
  [`${streams}/Append`]: aboutStream((options) => options.empty(4)),
  [`${streams}/BatchAppend`]: encodeMessage((writer) => {
    writer.message(1, (uuid) => uuid.text(2, newUuid()))
    writer.message(2, (options) => {
      options.message(1, (stream) => stream.text(3, secretStream))
      options.empty(4)
    })
    writer.bool(4, true)
  }),
  [`${streams}/Delete`]: aboutStream((options) => options.empty(4)),
  [`${streams}/Tombstone`]: aboutStream((options) => options.empty(4)),
  [`${groups}/Create`]: anything,
  [`${groups}/Update`]: anything,
  [`${groups}/Delete`]: anything,
  [`${groups}/Read`]: aboutStream((options) => {
    options.text(2, 'group')
    options.uint(3, 10)
    options.message(4, (uuids) => uuids.empty(2))
  }),
  [`${groups}/GetInfo`]: anything,
  [`${groups}/ReplayParked`]: anything,
  [`${groups}/List`]: anything,
  [`${groups}/RestartSubsystem`]: Buffer.alloc(0),
  '/event_store.client.monitoring.Monitoring/Stats': Buffer.alloc(0),
  [`${operations}/StartScavenge`]: anything,
  [`${operations}/StopScavenge`]: user(newUuid()),
  [`${operations}/Shutdown`]: Buffer.alloc(0),
  [`${operations}/MergeIndexes`]: Buffer.alloc(0),
  [`${operations}/ResignNode`]: Buffer.alloc(0),
  [`${operations}/SetNodePriority`]: Buffer.alloc(0),
  [`${operations}/RestartPersistentSubscriptions`]: Buffer.alloc(0),
  '/event_store.upkeep.Backups/Make': encodeMessage((writer) => writer.text(1, 'copy.db')),
  [`${users}/Create`]: user('new'),
  [`${users}/Update`]: user('admin'),
  [`${users}/Delete`]: user('admin'),
  [`${users}/Disable`]: user('admin'),
  [`${users}/Enable`]: user('admin'),
  [`${users}/Details`]: user('admin'),
  [`${users}/ChangePassword`]: user('admin'),
  [`${users}/ResetPassword`]: user('admin'),
}

let folder: string
let server: EventStoreServer
let client: Client

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-methods-'))
  server = await startEventStoreServer({
    file: ':memory:',
    port: 0,
    log: silentLog,
    tls: { selfMade: folder },
    users: { adminPassword: 'changeit', opsPassword: 'changeit' },
  })
  client = new Client(`localhost:${server.port}`, credentials.createSsl(readFileSync(join(folder, 'ca.crt'))))
  const ann = { loginName: 'ann', fullName: '', groups: [], password: 'secret' }
  await unary(`${users}/Create`, encodeUser(ann), as('admin', 'changeit'))
  const metadata = Buffer.from(JSON.stringify({ $acl: { $r: [], $w: [], $d: [] } }))
  await appendAsAdmin(`$$${secretStream}`, '$metadata', metadata)
})

afterAll(async () => {
  client.close()
  await server.stop()
  rmSync(folder, { recursive: true })
})

const callers = {
  nobody: () => new Metadata(),
  'somebody with a wrong password': () => as('admin', 'wrong'),
  'a user without rights': () => as('ann', 'secret'),
}

for (const [words, toMetadata] of Object.entries(callers))
  describe(`${words} is refused by`, () => {
    test('every method but those that are open to everybody', async () => {
      for (const method of server.methods) {
        if (openToEverybody.includes(method.path)) continue
        const request = requestOf[method.path]
        if (!request) throw new Error(`Say in this file what a valid request to ${method.path} is.`)
        const code = await refusalOf(method, request, toMetadata())
        if (code !== status.PERMISSION_DENIED && code !== status.UNAUTHENTICATED)
          throw new Error(`${method.path} answered ${words} with ${code === undefined ? 'success' : status[code]}.`)
      }
    })
  })

test('methods that are open to everybody answer without credentials', async () => {
  expect(server.methods.map(({ path }) => path)).toEqual(expect.arrayContaining(openToEverybody))
  for (const path of openToEverybody)
    expect((await unary(path, Buffer.alloc(0), new Metadata())).length).toBeGreaterThan(0)
})

const same = (bytes: Buffer) => bytes

function as(name: string, password: string): Metadata {
  const metadata = new Metadata()
  metadata.set('authorization', `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`)
  return metadata
}

function unary(path: string, request: Buffer, metadata: Metadata): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, request, metadata, { deadline: Date.now() + 10_000 }, (error, reply) =>
      error ? reject(error) : resolve(reply ?? Buffer.alloc(0)),
    )
  })
}

/** The status a call with this one request ends with; undefined when it is answered. */
function refusalOf({ path }: MethodDefinition<Buffer, Buffer>, request: Buffer, metadata: Metadata) {
  return new Promise<status | undefined>((resolve) => {
    const call = client.makeBidiStreamRequest(path, same, same, metadata, { deadline: Date.now() + 10_000 })
    call.on('data', (reply: Buffer) => {
      resolve(path.endsWith('/BatchAppend') ? batchStatusOf(reply) : undefined)
      call.cancel()
    })
    call.on('error', (error: ServiceError) => resolve(error.code))
    call.on('end', () => undefined)
    call.on('status', ({ code }: { code: status }) => resolve(code === status.OK ? undefined : code))
    call.write(request)
    call.end()
  })
}

/** A batch append is refused one by one, inside an answer. */
function batchStatusOf(reply: Buffer): status | undefined {
  const reader = new ProtoReader(reply)
  while (reader.next()) {
    if (reader.field !== 2) {
      reader.skip()
      continue
    }
    const failure = reader.message()
    while (failure.next()) {
      if (failure.field === 1) return failure.uint()
      failure.skip()
    }
  }
  return undefined
}

function encodeUser(user: { loginName: string; password: string }): Buffer {
  return encodeMessage((writer) =>
    writer.message(1, (options) => {
      options.text(1, user.loginName)
      options.text(2, user.password)
    }),
  )
}

function appendAsAdmin(streamName: string, type: string, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = `${streams}/Append`
    const call = client.makeClientStreamRequest(path, same, same, as('admin', 'changeit'), (error) =>
      error ? reject(error) : resolve(),
    )
    call.write(
      encodeMessage((writer) =>
        writer.message(1, (options) => {
          options.message(1, (stream) => stream.text(3, streamName))
          options.empty(4)
        }),
      ),
    )
    call.write(
      encodeMessage((writer) =>
        writer.message(2, (event) => {
          event.message(1, (uuid) => uuid.text(2, newUuid()))
          for (const [key, value] of Object.entries({ type, 'content-type': 'application/json' }))
            event.message(2, (entry) => {
              entry.text(1, key)
              entry.text(2, value)
            })
          event.bytes(4, data)
        }),
      ),
    )
    call.end()
  })
}
