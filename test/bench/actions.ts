/**
 * How many actions a second are accepted, durable and projected, through a device's connection, the field service,
 * logic, the event store and Postgres. The reference is the official client alone, appending the same events to the
 * same event store with as many in flight.
 */
import { jsonEvent, KurrentDBClient, NO_STREAM } from '@kurrent/kurrentdb-client'
import { findStoreAddresses } from '#config/stores-file.ts'
import { newUuid } from '#kernel/ids.ts'
import { connectDevice } from '#support/device.ts'
import { startBenchPlatform } from './bench-platform.ts'
import { median, printFigure, secondsOf, sharedNowMs } from './figure.ts'

const inFlight = 256
// A connection may send 200 frames a second, so many share the load.
const deviceCount = 128
const counterCount = 1_000
const rounds = 3

const seconds = secondsOf(Bun.argv, 6)
await using platform = await startBenchPlatform()
const devices = Array.from({ length: deviceCount }, () => connectDevice(platform.url('field')))
const counters = await platform.addCounters(counterCount)
const [watcher] = devices
if (!watcher) throw new Error('there is a device')
const watched = watcher.watch('bench.Counter')
await watched.until((rows) => rows.size === counterCount)
const total = (): number => [...watched.rows().values()].reduce((sum, row) => sum + Number(row.count), 0)

const { eventStore = '' } = findStoreAddresses(platform.home)
const client = KurrentDBClient.connectionString`${eventStore}`

/** Keeps `inFlight` works going until the time is over; the result is how many were finished. */
async function pump(work: (index: number) => Promise<void>): Promise<{ count: number; elapsedSeconds: number }> {
  const startedAt = sharedNowMs()
  let count = 0
  let index = 0
  const lane = async (): Promise<void> => {
    while (sharedNowMs() - startedAt < seconds * 1_000) {
      await work(index++)
      count++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return { count, elapsedSeconds: (sharedNowMs() - startedAt) / 1_000 }
}

const accepted: number[] = []
const projected: number[] = []
const bare: number[] = []
let pushed = 0
// The first round warms both up, and is not counted.
for (let round = 0; round <= rounds; round++) {
  const startedAt = sharedNowMs()
  const acted = await pump(async (index) => {
    const device = devices[index % deviceCount]
    const answer = await device?.push('bench.BumpCounter', { counterId: counters[(index * 7) % counterCount], by: 1 })
    if (answer?.outcome !== 'accepted') throw new Error(`an action was not accepted: ${JSON.stringify(answer)}`)
  })
  pushed += acted.count
  await watched.until(() => total() >= pushed)
  if (round > 0) accepted.push(acted.count / acted.elapsedSeconds)
  if (round > 0) projected.push(acted.count / ((sharedNowMs() - startedAt) / 1_000))

  const metadata = {
    actionId: newUuid(),
    user: 'guest',
    device: newUuid(),
    service: 'field',
    plugin: 'bench',
    pluginVersion: '0.1.0',
    schemaVersion: 1,
    occurredAt: Date.now(),
    recordedAt: Date.now(),
    $correlationId: newUuid(),
    $causationId: newUuid(),
  }
  const appended = await pump(async () => {
    const id = newUuid()
    const event = jsonEvent({ id, type: 'bench.Appended', data: { counterId: id, by: 1 }, metadata })
    // A stream that nobody follows, so that nothing else works while the client does.
    await client.appendToStream(`jobs-bench.${id}`, [event], { streamState: NO_STREAM })
  })
  if (round > 0) bare.push(appended.count / appended.elapsedSeconds)
}
const base = { bench: 'actions', unit: '1/s', reference: median(bare), referenceName: 'bare pipelined appends' }
printFigure({ ...base, metric: 'accepted_per_second', value: median(accepted) })
printFigure({ ...base, metric: 'accepted_and_projected_per_second', value: median(projected) })
for (const device of devices) device.close()
await client.dispose()
