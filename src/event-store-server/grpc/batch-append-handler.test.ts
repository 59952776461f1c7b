import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Client, type ClientDuplexStream, credentials, Server, ServerCredentials, status } from '@grpc/grpc-js'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { openAccess } from '../access/access.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import type { ProtoWriter } from '../protobuf/proto-writer.ts'
import { Statistics } from '../statistics/statistics.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { EventLog } from '../streams/event-log.ts'
import { createBatchAppendHandler } from './batch-append-handler.ts'
import { OpenCalls } from './open-calls.ts'
import { streamsService } from './service-definitions.ts'
import { UnfinishedBytes } from './unfinished-bytes.ts'

type Chunk = { id: string; dataBytes?: number; options?: (writer: ProtoWriter) => void; isFinal?: boolean }

const sameBytes = (bytes: Buffer): Buffer => bytes
const inStream = (writer: ProtoWriter): void => {
  writer.message(1, (stream) => stream.text(3, 'a'))
  writer.empty(4)
}

function encodeChunk({ id, dataBytes = 10, options, isFinal = false }: Chunk): Buffer {
  return encodeMessage((writer) => {
    writer.message(1, (uuid) => uuid.text(2, id))
    if (options) writer.message(2, options)
    writer.message(3, (event) => {
      event.message(1, (uuid) => uuid.text(2, newUuid()))
      for (const [key, value] of Object.entries({ type: 'T', 'content-type': 'application/json' }))
        event.message(2, (entry) => {
          entry.text(1, key)
          entry.text(2, value)
        })
      event.bytes(4, Buffer.alloc(dataBytes))
    })
    if (isFinal) writer.uint(4, 1)
  })
}

/** The status code of a failure; undefined for a success. */
function decodeAnswer(answer: Buffer): { id: string; code: number | undefined; words: string } {
  const found = { id: '', code: undefined as number | undefined, words: '' }
  const reader = new ProtoReader(answer)
  while (reader.next()) {
    if (reader.field > 2) {
      reader.skip()
      continue
    }
    const [isId, part] = [reader.field === 1, reader.message()]
    while (part.next()) {
      if (isId && part.field === 2) found.id = part.text()
      else if (!isId && part.field === 1) found.code = part.uint()
      else if (!isId && part.field === 2) found.words = part.text()
      else part.skip()
    }
  }
  return found
}

let ofAllCalls: UnfinishedBytes
let client: Client
let stop: () => void

beforeEach(async () => {
  ofAllCalls = new UnfinishedBytes(20 * 1_048_576)
  const storage = new SqliteStorage({ file: ':memory:' })
  const eventLog = new EventLog({ storage, log: silentLog })
  const context = {
    eventLog,
    access: openAccess,
    openCalls: new OpenCalls(),
    appendSizeBytesMax: 1_048_576,
    unfinishedBytes: ofAllCalls,
    statistics: new Statistics(eventLog.clock),
  }
  const server = new Server()
  server.addService({ batchAppend: streamsService.batchAppend }, { batchAppend: createBatchAppendHandler(context) })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  stop = () => {
    client.close()
    server.forceShutdown()
    eventLog.stop()
    storage.close()
  }
})
afterEach(() => stop())

const begin = (): ClientDuplexStream<Buffer, Buffer> =>
  client.makeBidiStreamRequest(streamsService.batchAppend.path, sameBytes, sameBytes).on('error', () => undefined)

function nextAnswer(call: ClientDuplexStream<Buffer, Buffer>): Promise<ReturnType<typeof decodeAnswer>> {
  return new Promise((resolve) => call.once('data', (bytes: Buffer) => resolve(decodeAnswer(bytes))))
}

describe('appends in chunks', () => {
  test('are refused one by one when those not finished hold too much, and go on when there is room', async () => {
    const call = begin()
    const refused = nextAnswer(call)
    const ids = Array.from({ length: 9 }, () => newUuid())
    for (const id of ids) call.write(encodeChunk({ id, dataBytes: 1_000_000, options: inStream }))
    const { id, code, words } = await refused
    expect({ id, code }).toEqual({ id: ids[8] ?? '', code: status.UNAVAILABLE })
    expect(words).toContain('Finish some before beginning others')

    const written = nextAnswer(call)
    call.write(encodeChunk({ id: ids[0] ?? '', isFinal: true }))
    expect(await written).toEqual({ id: ids[0] ?? '', code: undefined, words: '' })
    const last = nextAnswer(call)
    call.write(encodeChunk({ id: newUuid(), dataBytes: 1_000_000, options: inStream }))
    call.write(encodeChunk({ id: ids[1] ?? '', isFinal: true }))
    expect(await last).toMatchObject({ id: ids[1] ?? '', code: undefined })
    call.cancel()
  })

  test('hold nothing any more once their call is over', async () => {
    const total = () => ofAllCalls.hold(20 * 1_048_576)
    const call = begin()
    const answer = nextAnswer(call)
    for (let index = 0; index < 5; index++)
      call.write(encodeChunk({ id: newUuid(), dataBytes: 1_000_000, options: inStream }))
    call.write(encodeChunk({ id: newUuid(), options: inStream, isFinal: true }))
    await answer
    expect(total()?.kind).toBe('too-many')
    const ended = new Promise((resolve) => call.once('end', resolve))
    call.resume()
    call.end()
    await ended
    expect(total()).toBeUndefined()
  })

  test('are too late when their deadline has passed, also when it is negative', async () => {
    const secondsBefore = [-1n, -(2n ** 63n)]
    for (const seconds of secondsBefore) {
      const call = begin()
      const answer = nextAnswer(call)
      const options = (writer: ProtoWriter) => {
        inStream(writer)
        writer.message(7, (duration) => duration.int64(1, seconds))
      }
      call.write(encodeChunk({ id: newUuid(), options, isFinal: true }))
      expect((await answer).code).toBe(status.DEADLINE_EXCEEDED)
      call.cancel()
    }
  })
})
