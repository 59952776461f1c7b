/** What an administrator asks of a running event store over the wire. Messages are written by hand: no client has them. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { ProtoReader } from '#event-store-server/protobuf/proto-reader.ts'
import { silentLog } from '#kernel/log.ts'

let folder: string
let file: string
let server: EventStoreServer
let client: Client

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-operations-'))
  file = join(folder, 'events.db')
  server = await startEventStoreServer({ file, port: 0, log: silentLog })
  client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
})

afterEach(async () => {
  client.close()
  await server.stop()
  rmSync(folder, { recursive: true })
})

const same = (bytes: Buffer) => bytes

function call(method: string, request: Buffer = Buffer.alloc(0)): Promise<Buffer> {
  const path = `/event_store.client.operations.Operations/${method}`
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, request, { deadline: Date.now() + 10_000 }, (error, reply) =>
      error ? reject(error) : resolve(reply ?? Buffer.alloc(0)),
    )
  })
}

function decodeScavenge(reply: Buffer): { scavengeId: string; result: number } {
  const reader = new ProtoReader(reply)
  const found = { scavengeId: '', result: 0 }
  while (reader.next()) {
    if (reader.field === 1) found.scavengeId = reader.text()
    else found.result = reader.uint()
  }
  return found
}

/** Much to remove, a little at a time: a scavenge that is over at once is under way for nobody. */
async function fillWithDeleted(): Promise<void> {
  const writer = KurrentDBClient.connectionString(server.connectionString)
  const events = Array.from({ length: 5_000 }, (_, index) => jsonEvent({ type: 'Happened', data: { index } }))
  await writer.appendToStream('doomed-1', events)
  await writer.deleteStream('doomed-1')
  await writer.dispose()
}

const stopRequest = (scavengeId: string) =>
  Buffer.concat([Buffer.from([0x0a, 2 + scavengeId.length, 0x0a, scavengeId.length]), Buffer.from(scavengeId)])

describe('operations', () => {
  test('start a scavenge, and name the one under way to whoever asks for another', async () => {
    await fillWithDeleted()
    const [first, second] = await Promise.all([call('StartScavenge', Buffer.from([0x0a, 0])), call('StartScavenge')])
    const { scavengeId, result } = decodeScavenge(first)
    expect(result).toBe(0)
    expect(decodeScavenge(second)).toEqual({ scavengeId, result: 1 })
    expect(await server.scavenger.whenEnded()).toMatchObject({ scavengeId, result: 'Success' })
  })

  test('stop the scavenge that is under way, and know no other', async () => {
    const refused = await call('StopScavenge', stopRequest('nobody')).catch((error: ServiceError) => error)
    expect(refused).toMatchObject({ code: status.NOT_FOUND })
    expect((refused as ServiceError).metadata.get('exception')).toEqual(['scavenge-not-found'])
    expect((refused as ServiceError).metadata.get('scavenge-id')).toEqual(['nobody'])

    await fillWithDeleted()
    const { scavengeId } = server.scavenger.start()
    expect(decodeScavenge(await call('StopScavenge', stopRequest(scavengeId)))).toEqual({ scavengeId, result: 2 })
    expect(server.scavenger.progress?.result).toBe('Stopped')
  })

  test('accept what concerns clusters and index files', async () => {
    for (const method of ['MergeIndexes', 'ResignNode', 'SetNodePriority', 'RestartPersistentSubscriptions'])
      expect(await call(method)).toHaveLength(0)
  })

  test('answer a shutdown, then stop in order', async () => {
    expect(await call('Shutdown')).toHaveLength(0)
    await server.stopped
    const again = await startEventStoreServer({ file, port: 0, log: silentLog })
    await again.stop()
  })

  test('end the process that was asked to shut down', async () => {
    const entry = join(import.meta.dir, '../../src/event-store-server/main.ts')
    const child = Bun.spawn(['bun', entry, '--file', join(folder, 'other.db'), '--port', '0'], {
      stdout: 'pipe',
      stderr: 'ignore',
    })
    const first = await child.stdout.getReader().read()
    const { port } = JSON.parse(new TextDecoder().decode(first.value)) as { port: number }
    client.close()
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
    await call('Shutdown')
    expect(await child.exited).toBe(0)
  })
})
