/** The embedded event store as a process: what it promises when it is stopped, killed, started twice or fed rubbish. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client'
import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom } from '#kernel/random.ts'
import { eventually } from '#support/eventually.ts'

const entry = join(import.meta.dir, '../../src/event-store-server/main.ts')

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-process-'))
  file = join(folder, 'events.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

type FirstLine = { event: string; port: number; connectionString: string; kind?: string }

async function startProcess(...more: string[]) {
  const child = Bun.spawn(['bun', entry, '--file', file, '--port', '0', ...more], {
    stdout: 'pipe',
    stderr: 'ignore',
    ipc: () => undefined,
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of child.stdout) {
    text += decoder.decode(bytes)
    if (text.includes('\n')) break
  }
  return { child, line: JSON.parse(text) as FirstLine }
}

const connect = (connectionString: string) => KurrentDBClient.connectionString`${connectionString}`

async function readValues(client: KurrentDBClient, stream: string): Promise<number[]> {
  const values: number[] = []
  for await (const { event } of client.readStream(stream))
    if (event) values.push((event.data as { value: number }).value)
  return values
}

describe('a killed server', () => {
  test('has every acknowledged event, in order and once, when it is opened again', async () => {
    const writerCount = 16
    const acknowledged = Array.from({ length: writerCount }, () => 0)
    for (let round = 0; round < 3; round++) {
      const { child, line } = await startProcess()
      const client = connect(line.connectionString)
      const killed = Promise.withResolvers<void>()
      const target = acknowledged.reduce((sum, count) => sum + count, 0) + 1_500
      const writers = acknowledged.map(async (_, writer) => {
        const stream = `writer-${writer}`
        // What was in flight when the last process died may have been written: go on from what is there.
        let value = round === 0 ? 0 : (await readValues(client, stream)).length
        expect(value).toBeGreaterThanOrEqual(acknowledged[writer] ?? 0)
        acknowledged[writer] = value
        for (;;) {
          const streamState = value === 0 ? 'no_stream' : BigInt(value - 1)
          const result = await client
            .appendToStream(stream, [jsonEvent({ type: 'Counted', data: { value } })], { streamState })
            .catch(() => undefined)
          if (!result) return
          acknowledged[writer] = ++value
          if (acknowledged.reduce((sum, count) => sum + count, 0) >= target) killed.resolve()
        }
      })
      await killed.promise
      child.kill('SIGKILL')
      await Promise.all(writers)
      await child.exited
      await client.dispose().catch(() => undefined)
    }

    const server = await startEventStoreServer({ file, port: 0, log: silentLog })
    const client = connect(server.connectionString)
    for (const [writer, count] of acknowledged.entries()) {
      const values = await readValues(client, `writer-${writer}`)
      expect(values.length).toBeGreaterThanOrEqual(count)
      expect(values).toEqual(values.map((_, index) => index))
    }
    await client.dispose()
    await server.stop()
  }, 120_000)
})

describe('a server process', () => {
  test('stops in order on SIGTERM and when its parent lets go, and keeps what it had', async () => {
    const first = await startProcess()
    const client = connect(first.line.connectionString)
    await client.appendToStream('kept-1', [jsonEvent({ type: 'Counted', data: { value: 0 } })])
    first.child.kill('SIGTERM')
    expect(await first.child.exited).toBe(0)
    await client.dispose().catch(() => undefined)

    const second = await startProcess()
    const again = connect(second.line.connectionString)
    expect(await readValues(again, 'kept-1')).toEqual([0])
    await again.dispose()
    second.child.disconnect()
    expect(await second.child.exited).toBe(0)
  }, 120_000)

  test('refuses a database that another process has open', async () => {
    const first = await startProcess()
    const second = await startProcess()
    expect(second.line).toMatchObject({ event: 'failed', kind: 'already-running' })
    expect(await second.child.exited).toBe(1)
    first.child.kill('SIGTERM')
    await first.child.exited
  }, 120_000)

  test('leaves no lock behind when it is killed: the next one starts at once, and is then the only one', async () => {
    const killed = await startProcess()
    killed.child.kill('SIGKILL')
    await killed.child.exited
    const next = await startProcess()
    expect(next.line.event).toBe('ready')
    expect((await startProcess()).line).toMatchObject({ event: 'failed', kind: 'already-running' })
    next.child.kill('SIGTERM')
    await next.child.exited
  }, 120_000)

  test('says what is wrong with its arguments', async () => {
    const { child, line } = await startProcess('--durability', 'perhaps')
    expect(line).toMatchObject({ event: 'failed', kind: 'bad-configuration' })
    expect(await child.exited).toBe(1)
  }, 120_000)
})

describe('rubbish', () => {
  const methods = [
    'streams.Streams/Read',
    'streams.Streams/Append',
    'streams.Streams/BatchAppend',
    'streams.Streams/Delete',
    'streams.Streams/Tombstone',
    'gossip.Gossip/Read',
    'server_features.ServerFeatures/GetSupportedMethods',
    'operations.Operations/StartScavenge',
  ].map((name) => `/event_store.client.${name}`)
  const same = (bytes: Buffer) => bytes

  test('sent to any method costs its sender an answer or an error, and nobody else anything', async () => {
    const server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
    const raw = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
    const client = connect(server.connectionString)
    const random = createSeededRandom(99)
    for (let round = 0; round < 600; round++) {
      const size = Math.floor(random() * 60)
      // Half of it begins like a message with options, to get past the first check.
      const body = Buffer.from(Array.from({ length: size }, () => Math.floor(random() * (random() < 0.5 ? 12 : 256))))
      const bytes = random() < 0.5 ? Buffer.concat([Buffer.from([0x0a, size]), body]) : body
      const path = methods[round % methods.length] ?? ''
      const outcome = await new Promise<string>((resolve) => {
        const call = raw.makeBidiStreamRequest<Buffer, Buffer>(path, same, same, new Metadata(), {
          deadline: Date.now() + 500,
        })
        call.on('data', () => resolve('answer'))
        call.on('error', (error) => resolve(String(error)))
        call.on('end', () => resolve('end'))
        call.write(bytes)
        call.end()
        // Some senders leave at any moment, without waiting for what they are told.
        if (round % 3 === 0) systemClock.after(random() * 3, () => call.cancel())
      })
      expect(outcome).not.toContain('INTERNAL')
    }
    const result = await client.appendToStream('after-1', [jsonEvent({ type: 'Counted', data: { value: 0 } })])
    expect(result.success).toBe(true)
    await client.dispose()
    raw.close()
    await server.stop()
  }, 120_000)
})

describe('a client that is silent', () => {
  test('for too long, and answers no ping either, is taken for gone: its calls are over', async () => {
    const server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog, clientSilenceMsMax: 3_000 })
    const frozen = Bun.spawn([process.execPath, '-e', followLog(server.connectionString)], { stdout: 'pipe' })
    try {
      await frozen.stdout.getReader().read()
      const client = connect(server.connectionString)
      const subscription = client.subscribeToStream('orders')
      const seen = new Promise((resolve) => subscription.once('data', resolve))
      await new Promise((resolve) => subscription.once('confirmation', resolve))
      expect(server.stats().openCalls).toBe(2)
      process.kill(frozen.pid, 'SIGSTOP')
      await eventually('the frozen one is gone', async () => server.stats().openCalls === 1)
      await client.appendToStream('orders', [jsonEvent({ type: 'Ordered', data: {} })])
      await seen
      await client.dispose()
    } finally {
      frozen.kill('SIGKILL')
      await server.stop()
    }
  })
})

/** For a process of its own: follows the log, and says so. */
const followLog = (connectionString: string) => `
  import { KurrentDBClient } from ${JSON.stringify(import.meta.resolve('@kurrent/kurrentdb-client'))}
  const subscription = KurrentDBClient.connectionString(${JSON.stringify(connectionString)}).subscribeToAll()
  subscription.on('confirmation', () => console.log('following'))
  subscription.resume()`
