/**
 * The embedded event store, judged by the official client: what it is satisfied with is the protocol.
 * What both clients judge under both runtimes is in test/conformance; here are the cases that look inside the server, too.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { randomUUID } from 'node:crypto'
import * as kurrent from '@kurrent/kurrentdb-client'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { silentLog } from '#kernel/log.ts'

type Expected = bigint | 'any' | 'no_stream' | 'stream_exists'

let server: EventStoreServer
let client: kurrent.KurrentDBClient

beforeAll(async () => {
  server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
  client = kurrent.KurrentDBClient.connectionString`${server.connectionString}`
})

afterAll(async () => {
  await client.dispose()
  await server.stop()
})

let streamCount = 0
const newStream = (category = 'order') => `${category}-${++streamCount}-${randomUUID()}`
const event = (value: number, type = 'Ordered', id: string = randomUUID()) =>
  kurrent.jsonEvent({ id, type, data: { value }, metadata: { by: 'test' } })
const events = (count: number, type?: string) => Array.from({ length: count }, (_, index) => event(index, type))

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}

type Numbered = { event?: { data: unknown } | undefined }
const valuesOf = (resolved: readonly Numbered[]) =>
  resolved.map(({ event }) => (event?.data as { value: number } | undefined)?.value)

/** Takes from a subscription until `count` events came, then leaves it. */
async function take<T>(subscription: AsyncIterable<T> & { unsubscribe(): Promise<void> }, count: number): Promise<T[]> {
  const taken: T[] = []
  for await (const item of subscription) if (taken.push(item) === count) break
  await subscription.unsubscribe()
  return taken
}

const errorOf = async (work: Promise<unknown>): Promise<Record<string, unknown>> =>
  work.then(
    () => ({ type: 'none' }),
    (error: Record<string, unknown>) => error,
  )

/** Both ways a client may append: over the batch call, and one call an append (which credentials cause). */
const ways = {
  'batch append': {},
  append: { credentials: { username: 'admin', password: 'changeit' } },
}

for (const [way, options] of Object.entries(ways))
  describe(`${way}`, () => {
    const append = (stream: string, what: ReturnType<typeof events>, streamState: Expected = 'any') =>
      client.appendToStream(stream, what, { streamState, ...options })

    test('answers with the revision and position of the last event', async () => {
      const stream = newStream()
      const result = await append(stream, events(3), 'no_stream')
      expect(result.success).toBe(true)
      expect(result.nextExpectedRevision).toBe(2n)
      const [last] = await collect(
        client.readStream(stream, { direction: 'backwards', fromRevision: 'end', maxCount: 1 }),
      )
      expect(result.position).toEqual(last?.event?.position)
    })

    test('refuses what is not as expected, and says what it found', async () => {
      const stream = newStream()
      expect(await errorOf(append(stream, events(1), 'stream_exists'))).toMatchObject({
        type: 'wrong-expected-version',
        expectedState: 'stream_exists',
        actualState: 'no_stream',
      })
      expect(await errorOf(append(stream, events(1), 0n))).toMatchObject({
        expectedState: 0n,
        actualState: 'no_stream',
      })
      await append(stream, events(2), 'no_stream')
      expect(await errorOf(append(stream, events(1), 'no_stream'))).toMatchObject({
        type: 'wrong-expected-version',
        streamName: stream,
        expectedState: 'no_stream',
        actualState: 1n,
      })
      expect(await errorOf(append(stream, events(1), 0n))).toMatchObject({ expectedState: 0n, actualState: 1n })
      expect(await errorOf(append(stream, events(1), 9n))).toMatchObject({ expectedState: 9n, actualState: 1n })
      await append(stream, events(1), 1n)
      await append(stream, events(1), 'stream_exists')
      expect(await collect(client.readStream(stream))).toHaveLength(4)
    })

    test('recognises a retry by its event ids under every expectation', async () => {
      for (const streamState of ['any', 'no_stream', 1n, 'stream_exists'] as const) {
        const stream = newStream()
        if (streamState !== 'no_stream') await append(stream, events(2))
        const again = events(3)
        const first = await append(stream, again, streamState)
        await append(stream, events(1))
        const second = await append(stream, again, streamState)
        expect(second).toEqual(first)
        expect(await collect(client.readStream(stream))).toHaveLength(streamState === 'no_stream' ? 4 : 6)
      }
    })

    test('refuses more than the largest append, and names the limit', async () => {
      const large = Array.from({ length: 6 }, () =>
        kurrent.jsonEvent({ type: 'Large', data: { text: 'x'.repeat(1_000_000) } }),
      )
      const stream = newStream()
      const work = client.appendToStream(stream, large, { streamState: 'any', ...options })
      expect(await errorOf(work)).toMatchObject({ type: 'maximum-append-size-exceeded', maxAppendSize: 1_048_576 })
      expect(await errorOf(collect(client.readStream(stream)))).toMatchObject({ type: 'stream-not-found' })
    })

    test('keeps binary data, text of any script and empty metadata as they were', async () => {
      const stream = newStream('størrelse-漢字')
      const bytes = Uint8Array.from([0, 1, 2, 255])
      const binary = kurrent.binaryEvent({ type: 'Målt 漢', data: bytes })
      await client.appendToStream(stream, [binary], { ...options })
      const [read] = await collect(client.readStream(stream))
      expect(read?.event).toMatchObject({ streamId: stream, type: 'Målt 漢', isJson: false, id: binary.id })
      expect(Buffer.from(read?.event?.data as Uint8Array)).toEqual(Buffer.from(bytes))
      expect(read?.event?.metadata).toBeUndefined()
    })
  })

describe('a stream read', () => {
  test('goes both ways from any revision, included, in pages longer than the server holds', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(700))
    const read = async (options: kurrent.ReadStreamOptions) =>
      valuesOf(await collect(client.readStream(stream, options)))
    expect(await read({})).toEqual(Array.from({ length: 700 }, (_, index) => index))
    expect(await read({ fromRevision: 690n, maxCount: 3 })).toEqual([690, 691, 692])
    expect(await read({ direction: 'backwards', fromRevision: 'end', maxCount: 2 })).toEqual([699, 698])
    expect(await read({ direction: 'backwards', fromRevision: 1n })).toEqual([1, 0])
    expect(await read({ fromRevision: 700n })).toEqual([])
  })

  test('says that a stream does not exist', async () => {
    expect(await errorOf(collect(client.readStream('nobody-1')))).toMatchObject({ type: 'stream-not-found' })
  })
})

describe('a read of the whole log', () => {
  test('includes its position forwards and excludes it backwards', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(5))
    const written = await collect(client.readStream(stream))
    const middle = written[2]?.event?.position ?? { commit: 0n, prepare: 0n }
    const forwards = await collect(client.readAll({ fromPosition: middle, maxCount: 3 }))
    expect(valuesOf(forwards)).toEqual([2, 3, 4])
    const backwards = await collect(client.readAll({ fromPosition: middle, maxCount: 2, direction: 'backwards' }))
    expect(valuesOf(backwards)).toEqual([1, 0])
    const last = await collect(client.readAll({ fromPosition: 'end', maxCount: 1, direction: 'backwards' }))
    expect(valuesOf(last)).toEqual([4])
  })

  test('has sparse, growing positions whose commit and prepare are equal', async () => {
    await client.appendToStream(newStream(), events(5))
    const positions = (await collect(client.readAll())).map(({ event }) => event?.position)
    expect(positions.every((position) => position?.commit === position?.prepare)).toBe(true)
    const numbers = positions.map((position) => Number(position?.commit))
    expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0) + 100)).toBe(true)
  })
})

describe('a subscription', () => {
  test('to a stream goes from history to live without a seam', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(600))
    const subscription = client.subscribeToStream(stream, { fromRevision: 99n })
    const appending = (async () => {
      for (let value = 600; value < 700; value++) await client.appendToStream(stream, [event(value)])
    })()
    expect(valuesOf(await take(subscription, 600))).toEqual(Array.from({ length: 600 }, (_, index) => 100 + index))
    await appending
  })

  test('to a stream that does not exist yet waits for it', async () => {
    const stream = newStream()
    const subscription = client.subscribeToStream(stream)
    await new Promise((resolve) => subscription.once('caughtUp', resolve))
    await client.appendToStream(stream, events(2))
    expect(valuesOf(await take(subscription, 2))).toEqual([0, 1])
  })

  test('from the end sees only what comes later', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(3))
    const subscription = client.subscribeToStream(stream, { fromRevision: 'end' })
    await new Promise((resolve) => subscription.once('confirmation', resolve))
    await client.appendToStream(stream, [event(7)])
    expect(valuesOf(await take(subscription, 1))).toEqual([7])
  })

  test('to the whole log excludes its position, filters, and says when it has caught up and where', async () => {
    const type = `Filtered${randomUUID()}`
    const first = await client.appendToStream(newStream(), [event(0, type)])
    await client.appendToStream(newStream(), [event(1, type), event(2, 'Other'), event(3, type)])
    const subscription = client.subscribeToAll({
      fromPosition: first.position ?? 'start',
      filter: kurrent.eventTypeFilter({ prefixes: [type] }),
    })
    const caughtUp = new Promise<{ position?: { commit: bigint }; date?: Date }>((resolve) =>
      subscription.once('caughtUp', resolve),
    )
    const taking = take(subscription, 3)
    expect((await caughtUp).position?.commit).toBe(BigInt(server.stats().lastPosition))
    await client.appendToStream(newStream(), [event(4, type)])
    expect(valuesOf(await taking)).toEqual([1, 3, 4])
  })

  test('filters by stream name and by regular expression', async () => {
    const category = `category${randomUUID()}`
    await client.appendToStream(`${category}-1`, events(2))
    await client.appendToStream(`${category}-2`, events(1))
    const byRegex = client.subscribeToAll({ filter: kurrent.streamNameFilter({ regex: `^${category}-1$` }) })
    expect(await take(byRegex, 2)).toHaveLength(2)
    const byPrefix = client.subscribeToAll({ filter: kurrent.streamNameFilter({ prefixes: ['x', category] }) })
    expect(await take(byPrefix, 3)).toHaveLength(3)
  })

  test('reports checkpoints though nothing matches, in history and live', async () => {
    const checkpoints: bigint[] = []
    let reached = () => undefined as unknown
    const filter = kurrent.eventTypeFilter({
      prefixes: ['nothing-has-this-type'],
      checkpointInterval: 2,
      maxSearchWindow: 5,
      checkpointReached: (_subscription, position) => {
        checkpoints.push(position.commit)
        reached()
      },
    })
    await client.appendToStream(newStream(), events(25))
    const before = server.stats().lastPosition
    const subscription = client.subscribeToAll({ filter })
    subscription.on('data', () => undefined)
    await new Promise((resolve) => subscription.once('caughtUp', resolve))
    expect(checkpoints.length).toBeGreaterThanOrEqual(2)
    const live = new Promise((resolve) => {
      reached = () => checkpoints.some((commit) => commit > before) && resolve(undefined)
    })
    await client.appendToStream(newStream(), events(10))
    await live
    expect(checkpoints).toEqual([...checkpoints].sort((a, b) => Number(a - b)))
    await subscription.unsubscribe()
  })

  test('ends on the server when the client leaves', async () => {
    const own = kurrent.KurrentDBClient.connectionString`${server.connectionString}`
    const subscriptions = Array.from({ length: 20 }, () => own.subscribeToAll({ fromPosition: 'end' }))
    await Promise.all(subscriptions.map((each) => new Promise((resolve) => each.once('confirmation', resolve))))
    expect(server.stats().openCalls).toBeGreaterThanOrEqual(20)
    for (const each of subscriptions) await each.unsubscribe()
    while (server.stats().openCalls >= 20) await new Promise((resolve) => setImmediate(resolve))
    await own.dispose()
  })

  test('that cannot be understood gets an error, and the connection goes on', async () => {
    const subscription = client.subscribeToAll({ filter: kurrent.eventTypeFilter({ regex: '(' }) })
    const error = await errorOf(collect(subscription))
    expect(String(error.message)).toContain('does not compile')
    expect((await client.appendToStream(newStream(), events(1))).success).toBe(true)
  })
})

describe('a deleted stream', () => {
  test('is not found, can be written again, and goes on counting', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(3))
    expect((await client.deleteStream(stream, { expectedRevision: 2n })).position).toBeDefined()
    expect(await errorOf(collect(client.readStream(stream)))).toMatchObject({ type: 'stream-not-found' })
    const result = await client.appendToStream(stream, [event(7)], { streamState: 'no_stream' })
    expect(result.nextExpectedRevision).toBe(3n)
    expect(valuesOf(await collect(client.readStream(stream)))).toEqual([7])
    expect((await client.getStreamMetadata(stream)).metadata?.truncateBefore).toBe(3)
  })

  test('with a tombstone is gone for ever', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(2))
    await client.tombstoneStream(stream)
    const deleted = { type: 'stream-deleted', streamName: stream }
    expect(await errorOf(collect(client.readStream(stream)))).toMatchObject(deleted)
    for (const options of Object.values(ways))
      expect(await errorOf(client.appendToStream(stream, events(1), { ...options }))).toMatchObject(deleted)
    expect(await errorOf(client.deleteStream(stream))).toMatchObject(deleted)
    expect(await errorOf(collect(client.subscribeToStream(stream)))).toMatchObject(deleted)
  })

  test('ends the subscriptions to it when the tombstone comes', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(2))
    const subscription = client.subscribeToStream(stream)
    const outcome = errorOf(collect(subscription))
    await new Promise((resolve) => subscription.once('caughtUp', resolve))
    await client.tombstoneStream(stream)
    expect(await outcome).toMatchObject({ type: 'stream-deleted' })
  })

  test('is deleted only when it is as expected', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(3))
    const conflict = { type: 'wrong-expected-version', expectedState: 7n, actualState: 2n, streamName: stream }
    expect(await errorOf(client.deleteStream(stream, { expectedRevision: 7n }))).toMatchObject(conflict)
    expect(await errorOf(client.tombstoneStream(stream, { expectedRevision: 7n }))).toMatchObject(conflict)
    expect((await client.deleteStream(newStream(), { expectedRevision: 'no_stream' })).position).toBeDefined()
  })
})

describe('stream metadata', () => {
  test('comes back as it was set, and only the newest is kept visible', async () => {
    const stream = newStream()
    await client.setStreamMetadata(stream, { maxCount: 2, custom: 'kept' })
    await client.setStreamMetadata(stream, { maxCount: 3, custom: 'kept' })
    expect((await client.getStreamMetadata(stream)).metadata).toMatchObject({ maxCount: 3, custom: 'kept' })
    expect(await collect(client.readStream(`$$${stream}`))).toHaveLength(1)
    expect((await client.getStreamMetadata('nobody-1')).metadata).toBeUndefined()
  })

  test('hides what $maxCount, $tb and $maxAge hide from reads and subscriptions of the stream', async () => {
    const stream = newStream()
    await client.appendToStream(stream, events(10))
    const read = async () => valuesOf(await collect(client.readStream(stream)))
    await client.setStreamMetadata(stream, { maxCount: 3 })
    expect(await read()).toEqual([7, 8, 9])
    await client.setStreamMetadata(stream, { truncateBefore: 8 })
    expect(await read()).toEqual([8, 9])
    expect(valuesOf(await take(client.subscribeToStream(stream), 2))).toEqual([8, 9])
    await client.setStreamMetadata(stream, { maxAge: 3_600 })
    expect(await read()).toHaveLength(10)
  })
})

describe('the server', () => {
  test('is found through gossip', async () => {
    const discovering = kurrent.KurrentDBClient
      .connectionString`kurrentdb+discover://127.0.0.1:${server.port}?tls=false`
    const stream = newStream()
    await discovering.appendToStream(stream, events(1))
    expect(await collect(discovering.readStream(stream))).toHaveLength(1)
    await discovering.dispose()
  })

  test('keeps 64 appends in flight apart and in order', async () => {
    const streams = Array.from({ length: 64 }, () => newStream())
    for (let round = 0; round < 5; round++)
      await Promise.all(
        streams.map((stream) =>
          client.appendToStream(stream, [event(round)], { streamState: round === 0 ? 'no_stream' : BigInt(round - 1) }),
        ),
      )
    for (const stream of streams.slice(0, 5))
      expect(valuesOf(await collect(client.readStream(stream)))).toEqual([0, 1, 2, 3, 4])
  })

  test('answers an append whose deadline has passed', async () => {
    const work = client.appendToStream(newStream(), events(1), { deadline: -5_000 })
    expect(await errorOf(work)).toMatchObject({ type: 'deadline-exceeded' })
  })

  test('says that it has no persistent subscriptions, and goes on', async () => {
    const work = client.createPersistentSubscriptionToStream(
      'order-1',
      'group',
      kurrent.persistentSubscriptionToStreamSettingsFromDefaults(),
    )
    expect(await errorOf(work)).toMatchObject({ code: 12 })
  })
})
