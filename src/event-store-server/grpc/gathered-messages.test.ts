import { describe, expect, test } from 'bun:test'
import { Client, credentials, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js'
import { GatheredMessages } from './gathered-messages.ts'
import { streamsService } from './service-definitions.ts'

const nothing = (): void => undefined
const sameBytes = (bytes: Buffer): Buffer => bytes

/** What a real client reads when a real server's handler does `work`. */
async function readThrough(work: (call: ServerWritableStream<Buffer, Buffer>) => void): Promise<Buffer[]> {
  const server = new Server()
  server.addService({ read: streamsService.read }, { read: work })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const messages: Buffer[] = []
  await new Promise<void>((resolve, reject) => {
    const call = client.makeServerStreamRequest(streamsService.read.path, sameBytes, sameBytes, Buffer.from('request'))
    call.on('data', (message: Buffer) => messages.push(message))
    call.on('error', reject)
    call.on('end', resolve)
  })
  client.close()
  server.forceShutdown()
  return messages
}

describe('gathered messages', () => {
  test('reach the reader one by one, in order, whatever their sizes', async () => {
    const sent = [0, 1, 5, 300, 16_383, 16_384, 0, 70_000, 2].map((size, index) => Buffer.alloc(size, index))
    const messages = await readThrough((call) => {
      const gathered = new GatheredMessages({ call, onFull: nothing, onRoom: nothing })
      for (const message of sent) gathered.send(message)
      gathered.flush()
      call.end()
    })
    expect(messages).toEqual(sent)
  })

  test('leave in few writes', async () => {
    let writeCount = 0
    const messages = await readThrough((call) => {
      const write = call.write.bind(call)
      call.write = (message: Buffer) => {
        writeCount++
        return write(message)
      }
      const gathered = new GatheredMessages({ call, onFull: nothing, onRoom: nothing })
      for (let index = 0; index < 1_000; index++) gathered.send(Buffer.from(`${index}`))
      queueMicrotask(() => call.end())
    })
    expect(messages.map(String)).toEqual(Array.from({ length: 1_000 }, (_, index) => `${index}`))
    expect(writeCount).toBe(1)
  })

  test('tell when the call holds enough, and when it has room again', async () => {
    const told: string[] = []
    const messages = await readThrough((call) => {
      const onRoom = () => {
        told.push('room')
        if (told.length === 2) gathered.send(Buffer.alloc(100_000))
        else call.end()
      }
      const gathered = new GatheredMessages({ call, onFull: () => told.push('full'), onRoom })
      gathered.send(Buffer.alloc(40_000))
      expect(told).toEqual([])
      gathered.send(Buffer.alloc(40_000))
      expect(told).toEqual(['full'])
    })
    expect(told).toEqual(['full', 'room', 'full', 'room'])
    expect(messages.map(({ length }) => length)).toEqual([40_000, 40_000, 100_000])
  })
})
