/** Operating a store over the wire, against the embedded server and the official client. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  END,
  jsonEvent,
  KurrentDBClient,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
} from '@kurrent/kurrentdb-client'
import { openKurrentStoreOperations } from '#event-store/kurrent/kurrent-store-operations.ts'
import { createRawCalls } from '#event-store/kurrent/raw-calls.ts'
import type { StoreFigures, StoreGroup, StoreOperations } from '#event-store/store-operations.ts'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { eventually } from '#support/eventually.ts'

let folder: string
let server: EventStoreServer
let client: KurrentDBClient
let operations: StoreOperations

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'peek-operations-'))
  server = await startEventStoreServer({ file: join(folder, 'log.db'), port: 0, log: silentLog })
  const { connectionString } = server
  client = KurrentDBClient.connectionString(connectionString)
  operations = await openKurrentStoreOperations({
    connectionString,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
})
afterAll(async () => {
  await operations.close()
  await client.dispose()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Not `rejects`: that runs the event loop from within, which a server in this very process does not survive. */
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
const append = (stream: string, count: number) =>
  client.appendToStream(
    stream,
    Array.from({ length: count }, (_, index) => jsonEvent({ type: 'Happened', data: { index } })),
  )
const groupNamed = async (group: string): Promise<StoreGroup | undefined> =>
  (await operations.loadGroups()).find((each) => each.group === group)

test('a group that began at the end is behind by nobody knows how much, until it has a checkpoint', async () => {
  await append('old-1', 100)
  for (const [group, startFrom] of [
    ['from-end', END],
    ['from-start', START],
    ['from-90', 90n],
  ] as const)
    await client.createPersistentSubscriptionToStream(
      'old-1',
      group,
      persistentSubscriptionToStreamSettingsFromDefaults({ startFrom }),
    )
  expect((await groupNamed('from-end'))?.lagEvents).toBeUndefined()
  expect((await groupNamed('from-start'))?.lagEvents).toBe(100)
  expect((await groupNamed('from-90'))?.lagEvents).toBe(10)
  for (const group of ['from-end', 'from-start', 'from-90'])
    await client.deletePersistentSubscriptionToStream('old-1', group)
})

test('figures come again and again, and follow what is appended and who listens', async () => {
  const seen: StoreFigures[] = []
  const watching = operations.watchFigures({
    periodMs: 100,
    onFigures: (figures) => void seen.push(figures),
    onAway: () => undefined,
  })
  const subscription = client.subscribeToStream('figures-1')
  await append('figures-1', 10)
  await eventually('the figures to show the appends and the subscription', () => {
    const last = seen.at(-1)
    const own = last?.subscriptions?.find(({ source }) => source === 'figures-1')
    return own?.lagEvents === 0 && own.position === '9' && (last?.eventsInPerSecond ?? 0) > 0
  })
  await subscription.unsubscribe()
  await eventually('the subscription to be gone', () => seen.at(-1)?.subscriptions?.length === 0)
  watching.stop()
  const count = seen.length
  expect(await operations.loadFigures()).toMatchObject({ durability: 'full', waitingAppends: 0 })
  expect(seen.length).toBe(count)
})

test('what consumers parked is listed with its reason and its event, and comes back when it is replayed', async () => {
  const name = { stream: 'parking-1', group: 'mailer' }
  await append(name.stream, 4)
  await client.createPersistentSubscriptionToStream(
    name.stream,
    name.group,
    persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start' }),
  )
  expect(await operations.loadParked(name, { countMax: 10 })).toEqual({ messages: [], next: undefined })
  const consumer = client.subscribeToPersistentSubscriptionToStream(name.stream, name.group)
  const handled: number[] = []
  let isForgiving = false
  consumer.on('data', (resolved) => {
    const revision = Number(resolved.event?.revision)
    if (!isForgiving && revision < 3) return void consumer.nack('park', `no address for ${revision}`, resolved)
    handled.push(revision)
    void consumer.ack(resolved)
  })
  await eventually('three messages to be parked', async () => (await groupNamed(name.group))?.parkedCount === 3)

  const first = await operations.loadParked(name, { countMax: 2 })
  expect(first.messages).toMatchObject([
    {
      reason: expect.stringContaining('no address for 0'),
      link: '0@parking-1',
      event: { type: 'Happened', stream: 'parking-1', revision: 0 },
    },
    { reason: expect.stringContaining('no address for 1'), event: { revision: 1 } },
  ])
  expect(first.messages[0]?.parkedAt).toBeGreaterThan(0)
  const rest = await operations.loadParked(name, { countMax: 2, from: first.next ?? -1 })
  expect(rest).toMatchObject({ messages: [{ reason: expect.stringContaining('no address for 2') }], next: undefined })

  isForgiving = true
  await operations.replayParked(name, 1)
  await eventually('the oldest to be handled', () => handled.includes(0))
  await eventually('two to be left', async () => (await groupNamed(name.group))?.parkedCount === 2)
  expect(handled).not.toContain(1)
  await operations.replayParked(name)
  await eventually('all to be handled', () => handled.includes(1) && handled.includes(2))
  await eventually(
    'nothing to be parked',
    async () => (await operations.loadParked(name, { countMax: 9 })).messages.length === 0,
  )
  await consumer.unsubscribe()
})

test('the page of an operator finds every persistent subscription, those to the whole log too', async () => {
  await client.createPersistentSubscriptionToAll('watchers', {
    ...persistentSubscriptionToStreamSettingsFromDefaults(),
    startFrom: 'end',
  })
  expect(await groupNamed('watchers')).toMatchObject({ stream: '$all', consumerCount: 0, parkedCount: 0 })
})

test('a scavenge is begun, shows how it went, and is in the history', async () => {
  await append('doomed-1', 20)
  await client.deleteStream('doomed-1')
  const id = await operations.startScavenge()
  await eventually('the scavenge to end', async () => {
    const { scavenge } = await operations.loadFigures()
    return scavenge?.id === id && !scavenge.isRunning && scavenge.removedEvents >= 19
  })
  expect((await operations.loadScavenges(5))[0]).toMatchObject({ id, result: 'Success' })
  expect(await failureOf(operations.stopScavenge(id))).toMatchObject({ kind: 'not-found' })
})

test('a backup tells how far it is and where it lies, and refuses names that lead elsewhere', async () => {
  const made = await operations.backUp('tuesday.db')
  expect(made).toMatchObject({ file: join(folder, 'backups/tuesday.db') })
  expect((await operations.loadFigures()).backup).toMatchObject({ file: made.file, isRunning: false, error: '' })
  for (const name of ['../up.db', '/tmp/x.db', '', '.hidden'])
    expect(await failureOf(operations.backUp(name))).toMatchObject({ kind: 'bad-input' })
  expect(await failureOf(operations.backUp('tuesday.db'))).toMatchObject({ kind: 'bad-input' })
})

test('of several hosts the one is called that leads, though the first of them is dead', async () => {
  const raw = createRawCalls(`kurrentdb://127.0.0.1:1,127.0.0.1:${server.port}?tls=false`)
  const answer = await raw.ask(
    '/event_store.client.server_features.ServerFeatures/GetSupportedMethods',
    Buffer.alloc(0),
  )
  expect(answer.toString('latin1')).toContain('monitoring')
  const refusal = await failureOf(raw.ask('/event_store.client.nothing.Nothing/AtAll', Buffer.alloc(0)))
  expect(refusal).toMatchObject({ kind: 'bad-input', message: 'This server has no Nothing/AtAll: it cannot do that.' })
  raw.close()
})

test('with TLS the same questions are asked as the user of the connection string, and refused to others', async () => {
  const tls = join(folder, 'tls')
  const secured = await startEventStoreServer({
    file: join(folder, 'secured.db'),
    host: 'localhost',
    port: 0,
    log: silentLog,
    tls: { selfMade: tls },
    users: { adminPassword: 'correct-horse-1', opsPassword: 'correct-horse-2' },
  })
  const open = (user: string) =>
    openKurrentStoreOperations({
      connectionString: secured.connectionString.replace('://', `://${user}@`),
      log: silentLog,
      clock: systemClock,
      random: systemRandom,
    })
  const own = await open('admin:correct-horse-1')
  const operator = await open('ops:correct-horse-2')
  const stranger = await open('admin:wrong-horse')
  try {
    expect(await own.loadFigures()).toMatchObject({ durability: 'full' })
    const id = await own.startScavenge()
    await eventually('the scavenge to be in the history', async () => (await own.loadScavenges(1))[0]?.id === id)
    expect(await own.loadGroups()).toEqual([])
    expect(await operator.loadFigures()).toMatchObject({ durability: 'full' })
    const another = await operator.startScavenge()
    await eventually(
      'it to be there for the operator',
      async () => (await operator.loadScavenges(1))[0]?.id === another,
    )
    expect(await operator.loadGroups()).toEqual([])
    await expect(stranger.loadFigures()).rejects.toMatchObject({ kind: 'forbidden' })
    const refusal = new Promise<string>((resolve) => {
      stranger.watchFigures({ periodMs: 1_000, onFigures: () => resolve('shown'), onAway: resolve })
    })
    expect(await refusal).toMatch(/refuses this user|password/)
  } finally {
    await Promise.all([own.close(), operator.close(), stranger.close()])
    await secured.stop()
  }
})
