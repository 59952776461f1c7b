/**
 * An event store that stores nothing, as a process of its own: `bun noop-event-store.ts --backlog N`, prints its
 * connection string. It is the ceiling of a client: what an append, a read or a subscription costs when the server does
 * the least that satisfies the official client.
 *
 * An append is answered with made-up numbers, all that came in one turn of the event loop in one write. A read gets one event again
 * and again, many to a write, from memory; so does a subscription from the start, N times. A subscription from the end
 * gets one event for each append, before the append is answered.
 *
 * With `--sync FILE` the appends of a turn are written to that file and synced before they are answered: what durability costs
 * the same client, whatever keeps the events.
 */
import { fdatasyncSync, openSync, writeSync } from 'node:fs'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { encodeBatchAnswer } from '#event-store-server/grpc/batch-append-messages.ts'
import { decodeRead, encodeCaughtUp, encodeConfirmation } from '#event-store-server/grpc/read-messages.ts'
import { spokenVersion } from '#event-store-server/grpc/server-info.ts'
import { encodeMessage } from '#event-store-server/protobuf/encode-message.ts'
import { encodeEventRecord } from '#event-store-server/streams/event-record.ts'
import { newUuid } from '#kernel/ids.ts'
import { benchEventData, benchEventType } from './bench-event.ts'

const chunkBytes = 65_536
const prefixBytes = 5
const backlogCount = Number(Bun.argv[Bun.argv.indexOf('--backlog') + 1] ?? 0)
const syncAt = Bun.argv.indexOf('--sync')
const syncedFile = syncAt < 0 ? undefined : openSync(Bun.argv[syncAt + 1] ?? '', 'w')

/** A gRPC message as it is on the wire: not compressed, four bytes of length, the message. */
function toFrame(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  message.copy(frame, prefixBytes)
  return frame
}

const eventFrame = toFrame(
  encodeEventRecord(
    {
      id: newUuid(),
      type: benchEventType,
      contentType: 'application/json',
      data: Buffer.from(JSON.stringify(benchEventData)),
      metadata: Buffer.alloc(0),
    },
    { streamName: `bench-${newUuid()}`, revision: 1_000, position: 10_000_000, createdAt: Date.now() },
  ),
)
const chunkEventCount = Math.ceil(chunkBytes / eventFrame.length)
const eventChunk = Buffer.concat(Array.from({ length: chunkEventCount }, () => eventFrame))
const written = { kind: 'written', revision: 1_000, position: 10_000_000 } as const
const answerFrame = toFrame(encodeBatchAnswer(newUuid(), { streamName: `bench-${newUuid()}`, expected: 999 }, written))
/** Request and answer both begin with the correlation id: a message of one text. */
const correlationIdBytes = 40

const supportedMethods = encodeMessage((writer) => {
  writer.message(1, (method) => {
    method.text(1, 'batchappend')
    method.text(2, 'event_store.client.streams.streams')
  })
  writer.text(2, spokenVersion)
})

const followers = new Set<ServerHttp2Stream>()

/** Writes `count` events at the pace of the reader. */
function writeEvents(stream: ServerHttp2Stream, count: number, then: () => void): void {
  let left = count
  const writeMore = (): void => {
    while (left > 0 && !stream.destroyed) {
      const chunk = left >= chunkEventCount ? eventChunk : eventChunk.subarray(0, left * eventFrame.length)
      left -= chunk.length / eventFrame.length
      if (!stream.write(chunk)) return void stream.once('drain', writeMore)
    }
    then()
  }
  writeMore()
}

function read(stream: ServerHttp2Stream, request: Buffer): void {
  const { source, amount } = decodeRead(request)
  if (amount?.kind === 'count') return writeEvents(stream, amount.countMax, () => stream.end())
  stream.write(toFrame(encodeConfirmation(newUuid())))
  const caughtUp = toFrame(encodeCaughtUp({ position: 10_000_000 }, Date.now()))
  if (source?.from === 'start') return writeEvents(stream, backlogCount, () => void stream.write(caughtUp))
  stream.write(caughtUp)
  followers.add(stream)
  stream.on('close', () => followers.delete(stream))
}

function answerAppends(stream: ServerHttp2Stream): void {
  let rest: Buffer = Buffer.alloc(0)
  let answers: Buffer[] = []
  let unsynced: Buffer[] = []
  const sync = (file: number): void => {
    for (const bytes of unsynced) writeSync(file, bytes)
    unsynced = []
    fdatasyncSync(file)
  }
  const flush = (): void => {
    const frames = answers
    answers = []
    if (syncedFile !== undefined) sync(syncedFile)
    for (const follower of followers) for (const _ of frames) follower.write(eventFrame)
    stream.write(frames.length === 1 ? frames[0] : Buffer.concat(frames))
  }
  stream.on('data', (packet: Buffer) => {
    const bytes = rest.length === 0 ? packet : Buffer.concat([rest, packet])
    let at = 0
    if (syncedFile !== undefined) unsynced.push(packet)
    while (bytes.length - at >= prefixBytes) {
      const end = at + prefixBytes + bytes.readUInt32BE(at + 1)
      if (end > bytes.length) break
      // The last field is "this was the last part", and is left out when it is false.
      if (bytes[end - 2] === 0x20 && bytes[end - 1] === 1) {
        const answer = Buffer.from(answerFrame)
        bytes.copy(answer, prefixBytes, at + prefixBytes, at + prefixBytes + correlationIdBytes)
        if (answers.push(answer) === 1) setImmediate(flush)
      }
      at = end
    }
    rest = bytes.subarray(at)
  })
  stream.on('end', () => stream.end())
}

function afterRequest(stream: ServerHttp2Stream, answer: (request: Buffer) => void): void {
  const parts: Buffer[] = []
  stream.on('data', (part: Buffer) => parts.push(part))
  stream.on('end', () => answer(Buffer.concat(parts).subarray(prefixBytes)))
}

const server = createServer()
server.on('stream', (stream, headers) => {
  const path = String(headers[':path'])
  stream.on('error', () => stream.destroy())
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  if (path.endsWith('/BatchAppend')) return answerAppends(stream)
  if (path.endsWith('Streams/Read')) return afterRequest(stream, (request) => read(stream, request))
  afterRequest(stream, () => stream.end(toFrame(supportedMethods)))
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ event: 'ready', connectionString: `kurrentdb://127.0.0.1:${port}?tls=false` }))
})
