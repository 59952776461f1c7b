/**
 * A device comes back after two weeks: 5,000 actions of an app two versions behind wait in its outbox, on a link of 20 Mbit/s
 * and 50 ms there and back. How soon it sees a fresh screen of 500 rows, how soon all its actions have their end, how soon
 * others see them; and what a device in the office notices of it.
 *
 * The outbox is the one of the apps, on a store in memory; the link is a proxy in this process. The reference is the same
 * link with nothing behind it: as many bytes up, then as many down.
 */
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { systemRandom } from '#kernel/random.ts'
import { connectDevice } from '#support/device.ts'
import { openSlowLink } from '#support/slow-link.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import { createMemoryDeviceStore } from '../../web/sdk/device-store/memory-device-store.ts'
import { createOutbox } from '../../web/sdk/outbox/create-outbox.ts'
import { toOutboxTransport } from '../../web/sdk/outbox/to-outbox-transport.ts'
import { carryBare } from './bare-link.ts'
import { startBenchPlatform } from './bench-platform.ts'
import { median, percentile, printFigure } from './figure.ts'

const actionCount = 5_000
const counterCount = 500
const rounds = 3
const link = { bitsPerSecond: 20_000_000, roundTripMs: 50 }
const group = 'g0'
const neighbourPauseMs = 20

type Drained = { readonly screenMs: number; readonly drainedMs: number; readonly projectedMs: number }

await using platform = await startBenchPlatform()
const counters = await platform.addCounters(counterCount)
const office = connectDevice(platform.url('office'), 'office')
const watched = office.watch('bench.Counter', { group })
await watched.until((rows) => rows.size === counterCount)
const total = (): number => [...watched.rows().values()].reduce((sum, row) => sum + Number(row.count), 0)
const neighbourCounter = newUuid()
await office.push('bench.AddCounter', { counterId: neighbourCounter, group: 'elsewhere' })

/** What is in the store of a device that was away: the actions of each counter in their order, counters mixed. */
async function fillOutbox() {
  const store = createMemoryDeviceStore()
  let isOnline = false
  const url = new URL(platform.url('field'))
  const way = await openSlowLink({ host: url.hostname, port: Number(url.port) }, link)
  let state: () => ReturnType<ReturnType<typeof toOutboxTransport>['state']> = () => ({ is: 'offline', words: 'Away.' })
  let tell: () => void = () => undefined
  let act: Parameters<typeof createOutbox>[0]['transport']['act'] = () => Promise.reject(new Error('away'))
  const outbox = createOutbox({
    store,
    transport: {
      state: () => state(),
      onState: (listener) => {
        tell = listener
        return () => undefined
      },
      act: (action, body) => act(action, body),
    },
    role: { isSender: () => true, onRole: () => () => undefined },
    channel: { post: () => undefined, onNudge: () => () => undefined },
    clock: systemClock,
    random: systemRandom,
    makeUuid: newUuid,
    user: 'guest',
    build: 'of last year',
  })
  await outbox.ready()
  for (let index = 0; index < actionCount; index++) {
    const counterId = counters[(index * 7) % counterCount] ?? ''
    const lane = `bench.Counter-${counterId}`
    const body = JSON.stringify({ counterId, by: 1 })
    const title = 'Note a reading of 1'
    await outbox.push({ name: 'bench.NoteReading', version: 1, body, lane, entityId: counterId, title })
  }
  return { outbox, way, connect }

  function connect() {
    if (isOnline) throw new Error('it is connected already')
    isOnline = true
    const client = makeVortexClient({
      url: `ws://127.0.0.1:${way.port}/vortex`,
      hello: { role: 'device', name: 'field', device: newUuid(), instance: newUuid(), build: 'of last year' },
      clock: systemClock,
      random: systemRandom,
    })
    const transport = toOutboxTransport(client)
    state = transport.state
    act = transport.act
    transport.onState(() => tell())
    return client
  }
}

async function drain(): Promise<Drained & { readonly bytes: { up: number; down: number } }> {
  const { outbox, way, connect } = await fillOutbox()
  const before = total()
  const startedAt = performance.now()
  const client = connect()
  const screen = new Promise<number>((resolve, reject) => {
    client.observe(
      'bench.Counter',
      { group },
      {
        rows: ({ rows }) => {
          if (rows.length === counterCount) resolve(performance.now() - startedAt)
          else reject(new Error(`found ${rows.length} rows`))
        },
        patch: () => undefined,
        resumed: () => undefined,
        trouble: () => undefined,
      },
    )
  })
  const drained = new Promise<number>((resolve) => {
    const stop = outbox.onStatus((status) => {
      if (!status.isSynced) return
      stop()
      resolve(performance.now() - startedAt)
    })
  })
  const projected = watched.until(() => total() === before + actionCount).then(() => performance.now() - startedAt)
  const [screenMs, drainedMs, projectedMs] = await Promise.all([screen, drained, projected])
  const bytes = way.bytes()
  const ends = outbox.list().filter(({ state }) => state !== 'accepted')
  if (ends.length > 0) throw new Error(`not accepted: ${JSON.stringify(ends.slice(0, 3))}`)
  outbox.close()
  client.close()
  await way.close()
  return { screenMs, drainedMs, projectedMs, bytes }
}

/** What somebody at work in the office waits for each action, one after the other, until told to stop. */
function startNeighbour(): { stop(): Promise<readonly number[]> } {
  let isStopped = false
  const tookMs: number[] = []
  const working = (async () => {
    while (!isStopped) {
      const at = performance.now()
      await office.push('bench.BumpCounter', { counterId: neighbourCounter, by: 0 })
      tookMs.push(performance.now() - at)
      await Bun.sleep(neighbourPauseMs)
    }
  })()
  return {
    stop: async () => {
      isStopped = true
      await working
      return tookMs
    },
  }
}

const alone = startNeighbour()
await Bun.sleep(3_000)
const aloneMs = await alone.stop()

const runs: Drained[] = []
const bareMs: number[] = []
const besideMs: number[] = []
// The first round warms up, and is not counted.
for (let round = 0; round <= rounds; round++) {
  const neighbour = startNeighbour()
  const { bytes, ...run } = await drain()
  const waits = await neighbour.stop()
  const bare = await carryBare(bytes, link)
  if (round === 0) continue
  runs.push(run)
  bareMs.push(bare)
  besideMs.push(...waits)
}

const base = { bench: 'drain', unit: 'ms' }
const reference = median(bareMs)
const referenceName = 'the same bytes on the same link'
for (const [metric, values] of [
  ['fresh_screen_ms', runs.map(({ screenMs }) => screenMs)],
  ['drained_ms', runs.map(({ drainedMs }) => drainedMs)],
  ['seen_by_others_ms', runs.map(({ projectedMs }) => projectedMs)],
] as const)
  printFigure({ ...base, metric, value: median(values), reference, referenceName })
printFigure({
  ...base,
  metric: 'neighbour_p99_ms',
  value: percentile(besideMs, 0.99),
  reference: percentile(aloneMs, 0.99),
  referenceName: 'the same with nobody else at work',
})
office.close()
