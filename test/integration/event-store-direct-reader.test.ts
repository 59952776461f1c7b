/** Pages read without the official client are those that it reads, and end when nobody waits for them. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { binaryEvent, jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client'
import { createDirectReader, type DirectReader } from '#event-store/kurrent/direct-reader.ts'
import { toRecordedEvent } from '#event-store/kurrent/recorded-event.ts'
import { toServerFilter } from '#event-store/kurrent/server-filter.ts'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { createFakeClock, systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { fromPosition } from '#kernel/position.ts'

let server: EventStoreServer
let client: KurrentDBClient
let reader: DirectReader
const open = new AbortController().signal

beforeAll(async () => {
  server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
  client = KurrentDBClient.connectionString`${server.connectionString}`
  reader = createDirectReader(server.connectionString, systemClock)
  const json = (type: string, data: object | string, metadata: object | undefined) =>
    jsonEvent({ id: newUuid(), type, data, ...(metadata && { metadata }) } as never)
  await client.appendToStream('odd.Stream-ü', [
    json('odd.Plain', { text: 'ä"\\\n𝄞' }, { user: 'u', list: [1, { a: null }] }),
    json('odd.List', [1, 2] as never, undefined),
    json('other.Text', '' as never, undefined),
    binaryEvent({ id: newUuid(), type: 'odd.Bytes', data: new Uint8Array([0, 255, 1]), metadata: new Uint8Array([7]) }),
    json('odd.Large', { text: 'x'.repeat(900_000) }, { note: 'y'.repeat(20_000) }),
  ])
  for (let turn = 0; turn < 20; turn++)
    await client.appendToStream(
      `many.Stream-${turn}`,
      Array.from({ length: 100 }, (_, index) => json('many.Event', { turn, index }, { turn })),
    )
}, 120_000)
afterAll(async () => {
  reader.close()
  await client.dispose()
  await server.stop()
})

/** But for the time, of which the client's reader drops the milliseconds. */
const toSecond = (event: ReturnType<typeof toRecordedEvent>) =>
  event && { ...event, storedAt: Math.floor(event.storedAt / 1_000) }

test.each([
  ['everything', 'start', 'forwards', 10_000, undefined],
  ['everything backwards', 'end', 'backwards', 10_000, undefined],
  ['a page', 'start', 'forwards', 7, undefined],
  ['some types', 'start', 'forwards', 10_000, { on: 'type', prefixes: ['odd.', 'other.'] }],
  ['some streams', 'start', 'forwards', 150, { on: 'stream', regex: '^many\\.Stream-1' }],
] as const)('%s: the same as the client reads', async (_, from, direction, countMax, wanted) => {
  const filter = wanted && toServerFilter(wanted)
  const found = await reader.read({ from, direction, countMax, filter }, open)
  const asked = client.readAll({ fromPosition: from, direction, maxCount: countMax, ...(filter && { filter }) })
  const events = (await Array.fromAsync(asked)).map(toRecordedEvent)
  expect(events.length).toBeGreaterThan(3)
  expect(found?.map(toSecond)).toEqual(events.map(toSecond))
  const middle = events[3]?.position
  if (!middle) throw new Error('there are too few events')
  const place = fromPosition(middle)
  const rest = await reader.read({ from: place, direction: 'forwards', countMax: 2, filter: undefined }, open)
  expect(rest?.[0]?.id).toBe(events[3]?.id)
})

test('a read of the background brings the same, and comes to its end while others append without a pause', async () => {
  const background = createDirectReader(server.connectionString, systemClock, { isBackground: true })
  let isOver = false
  const appending = (async () => {
    while (!isOver)
      await client.appendToStream('busy.Stream', [jsonEvent({ id: newUuid(), type: 'busy.Event', data: {} })])
  })()
  const page = {
    from: 'start',
    direction: 'forwards',
    countMax: 10_000,
    filter: toServerFilter({ on: 'type', prefixes: ['many.'] }),
  } as const
  const found = await background.read(page, open)
  isOver = true
  await appending
  expect(found).toHaveLength(2_000)
  expect(found).toEqual(await reader.read(page, open))
  background.close()
})

test('where it cannot read, it says so for the client to find out why', async () => {
  const page = { from: 'start', direction: 'forwards', countMax: 10, filter: undefined } as const
  const refused = { filterOn: 'eventType', regex: '(', checkpointInterval: 1 } as const
  expect(await reader.read({ ...page, filter: refused }, open)).toBeUndefined()
  expect(await reader.read(page, open)).toHaveLength(10)
  const away = createDirectReader('kurrentdb://127.0.0.1:1?tls=false', systemClock)
  expect(await away.read(page, open)).toBeUndefined()
  const many = createDirectReader('kurrentdb://127.0.0.1:1,127.0.0.1:2?tls=false', systemClock)
  expect(await many.read(page, open)).toBeUndefined()
  away.close()
})

test('a read that nobody waits for any more ends at once, and leaves the connection to others', async () => {
  const aborting = new AbortController()
  const reading = reader.read(
    { from: 'start', direction: 'forwards', countMax: 10_000, filter: undefined },
    aborting.signal,
  )
  aborting.abort()
  expect(await reading).toBeUndefined()
  const again = { from: 'start', direction: 'forwards', countMax: 3, filter: undefined } as const
  expect(await reader.read(again, open)).toHaveLength(3)
})

test('a server that has gone without a word is noticed, and left', async () => {
  const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  const clock = createFakeClock()
  const lonely = createDirectReader(`kurrentdb://127.0.0.1:${silent.port}?tls=false`, clock)
  const reading = lonely.read({ from: 'start', direction: 'forwards', countMax: 1, filter: undefined }, open)
  clock.advance(10_000)
  clock.advance(10_000)
  expect(await reading).toBeUndefined()
  lonely.close()
  silent.stop(true)
})
