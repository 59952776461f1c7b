/**
 * The event store at half of what it can do, for as long as asked: `--minutes N` (30). Appends from 64 lanes at an even
 * pace, a live subscriber, readers of random streams and a persistent subscription with two consumers; a line of JSON a
 * minute. Half is half the rate at which the same lanes append beside the same readers when nobody holds them back.
 * `--folder F` goes on with the store in that folder, if there is one, and keeps it. At the end a verdict over the second
 * half, and exit code 1 when something grew:
 *
 *   memory   the trend of the server's proportional set size over the second half is below 5 % of its mean, or below 8 MB
 *   p99      the trend of the minutes' p99 over the second half is below a quarter of its mean, or below 2 ms
 *   loss     every appended event was seen by the subscriber and by the consumers
 *
 * The trend is what the line of least squares rises from the first to the last minute of the half, less twice its standard
 * error: what the minutes' own ups and downs explain is no growth.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  BACKWARDS,
  END,
  jsonEvent,
  NO_STREAM,
  persistentSubscriptionToAllSettingsFromDefaults,
  type ReadAllOptions,
  streamNameFilter,
} from '@kurrent/kurrentdb-client'
import { newUuid } from '#kernel/ids.ts'
import { benchEventData, benchEventType } from '#support/bench-event.ts'
import { makeBenchFolder, startEventStore } from './event-store-targets.ts'
import { percentile } from './figure.ts'

const laneCount = 64
const readerCount = 4
const consumerCount = 2
const streamLengthMax = 1_000
const group = `soak-${newUuid()}`
const lossMsMax = 30_000
/** How long nobody holds the lanes back: first to warm up, then to count. */
const warmUpMs = 10_000
const measureMs = 20_000
const sampledStreamsMax = 2_000

const minutes = numberOf('--minutes', 30)
const minuteMs = numberOf('--minute-seconds', 60) * 1_000

using folder = openFolder()
await using store = await startEventStore(folder.path)
const writer = store.connect()
let appended = 0
let seen = 0
let consumed = 0
let readCount = 0
let isOver = false
let latencies: number[] = []

const filter = streamNameFilter({ prefixes: ['soak-'], checkpointInterval: 100 })
const reader = store.connect()
const streams = await sampleStreams()
const subscription = reader.subscribeToAll({ fromPosition: END, filter })
subscription.on('data', () => seen++)
await new Promise<unknown>((resolve) => subscription.once('caughtUp', resolve))
const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: END })
await reader.createPersistentSubscriptionToAll(group, settings, { filter })
const consumers = Array.from({ length: consumerCount }, () => {
  const consumer = reader.subscribeToPersistentSubscriptionToAll(group, { bufferSize: 200 })
  consumer.on('data', (event) => {
    consumed++
    void consumer.ack(event)
  })
  return consumer
})
await Promise.all(
  consumers.map((consumer) => new Promise<unknown>((resolve) => consumer.once('confirmation', resolve))),
)

/** One after the other, each `pauseMs` after the one before was due: a slow answer is made up for. */
async function writeLane(pauseMs: number, isOver: () => boolean): Promise<void> {
  let stream = `soak-${newUuid()}`
  let revision = -1
  let dueAt = performance.now() + Math.random() * pauseMs
  while (!isOver()) {
    if (revision === streamLengthMax - 1) {
      stream = `soak-${newUuid()}`
      revision = -1
    }
    const startedAt = performance.now()
    if (dueAt > startedAt) await Bun.sleep(dueAt - startedAt)
    dueAt += pauseMs
    const sentAt = performance.now()
    const event = jsonEvent({ id: newUuid(), type: benchEventType, data: benchEventData })
    await writer.appendToStream(stream, [event], { streamState: revision < 0 ? NO_STREAM : BigInt(revision) })
    latencies.push(performance.now() - sentAt)
    if (revision < 0) streams.push(stream)
    revision++
    appended++
  }
}

const startLanes = (pauseMs: number, isOver: () => boolean): Promise<void>[] =>
  Array.from({ length: laneCount }, () => writeLane(pauseMs, isOver))

async function readLane(): Promise<void> {
  while (!isOver) {
    await Bun.sleep(100)
    const stream = streams[Math.floor(Math.random() * streams.length)]
    if (stream === undefined) continue
    for await (const _ of reader.readStream(stream, { maxCount: 100 })) readCount++
  }
}

type Minute = { readonly p99Ms: number; readonly pssMb: number }
const past: Minute[] = []
const readers = Array.from({ length: readerCount }, readLane)
const full = await measureFullRate()
const lanes = [...readers, ...startLanes((laneCount / (full / 2)) * 1_000, () => isOver)]
for (let minute = 1; minute <= minutes; minute++) {
  const before = { appended, readCount }
  latencies = []
  await Bun.sleep(minuteMs)
  const { rssMb, pssMb } = memoryOf(store.pid)
  const p99Ms = percentile(latencies, 0.99)
  past.push({ p99Ms, pssMb })
  print({
    minute,
    appendsPerSecond: (appended - before.appended) / (minuteMs / 1_000),
    readsPerSecond: (readCount - before.readCount) / (minuteMs / 1_000),
    p50Ms: percentile(latencies, 0.5),
    p99Ms,
    rssMb,
    pssMb,
    fileMb: statSync(join(folder.path, 'events.db')).size / 1e6,
    subscriberBehind: appended - seen,
    consumersBehind: appended - consumed,
  })
}
isOver = true
await Promise.all(lanes)
const gaveUpAt = performance.now() + lossMsMax
while ((seen < appended || consumed < appended) && performance.now() < gaveUpAt) await Bun.sleep(50)
await subscription.unsubscribe()
for (const consumer of consumers) await consumer.unsubscribe()

const half = past.slice(Math.floor(past.length / 2))
const memory = trendOf(half.map(({ pssMb }) => pssMb))
const p99 = trendOf(half.map(({ p99Ms }) => p99Ms))
const isMemoryFlat = memory.rise - 2 * memory.error < Math.max(8, memory.mean * 0.05)
const isP99Flat = p99.rise - 2 * p99.error < Math.max(2, p99.mean * 0.25)
const isComplete = seen === appended && consumed >= appended
print({
  verdict: isMemoryFlat && isP99Flat && isComplete ? 'flat' : 'not flat',
  pssRiseMb: memory.rise,
  pssMeanMb: memory.mean,
  p99RiseMs: p99.rise,
  p99RiseErrorMs: p99.error,
  p99MeanMs: p99.mean,
  appended,
  missedBySubscriber: appended - seen,
  missedByConsumers: Math.max(0, appended - consumed),
  fullRatePerSecond: full,
})
process.exitCode = isMemoryFlat && isP99Flat && isComplete ? 0 : 1

/** What the lanes reach beside the readers when nobody holds them back, after warming up. */
async function measureFullRate(): Promise<number> {
  let isMeasured = false
  const unpaced = startLanes(0, () => isMeasured)
  await Bun.sleep(warmUpMs)
  const before = appended
  const startedAt = performance.now()
  await Bun.sleep(measureMs)
  const rate = ((appended - before) / (performance.now() - startedAt)) * 1_000
  isMeasured = true
  await Promise.all(unpaced)
  return rate
}

function openFolder(): { path: string } & Disposable {
  const at = Bun.argv.indexOf('--folder')
  const path = at < 0 ? undefined : Bun.argv[at + 1]
  return path === undefined ? makeBenchFolder() : { path, [Symbol.dispose]: () => undefined }
}

/** Streams that an earlier run left, from all over the log: our server reads from any position. */
async function sampleStreams(): Promise<string[]> {
  const found = new Set<string>()
  const positionOf = async (options: ReadAllOptions): Promise<bigint> => {
    for await (const { event } of reader.readAll({ maxCount: 1, ...options })) {
      if (event?.streamId.startsWith('soak-')) found.add(event.streamId)
      if (event) return event.position?.commit ?? 0n
    }
    return 0n
  }
  const last = await positionOf({ direction: BACKWARDS, fromPosition: END })
  for (let index = 0n; last > 0n && index < sampledStreamsMax; index++) {
    const commit = (last * index) / BigInt(sampledStreamsMax)
    await positionOf({ fromPosition: { commit, prepare: commit } })
  }
  return [...found]
}

/** How much the line of least squares through the values rises from the first to the last, and its standard error. */
function trendOf(values: readonly number[]): { rise: number; error: number; mean: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const middle = (values.length - 1) / 2
  let [above, below] = [0, 0]
  for (const [index, value] of values.entries()) {
    above += (index - middle) * (value - mean)
    below += (index - middle) ** 2
  }
  if (values.length < 3) return { rise: 0, error: 0, mean }
  const slope = above / below
  const offs = values.map((value, index) => (value - mean - slope * (index - middle)) ** 2)
  const slopeError = Math.sqrt(offs.reduce((sum, off) => sum + off, 0) / (values.length - 2) / below)
  return { rise: slope * (values.length - 1), error: slopeError * (values.length - 1), mean }
}

/** Resident and proportional set size; NaN where the system does not tell. */
function memoryOf(pid: number): { rssMb: number; pssMb: number } {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const megabytesOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]) / 1_024
    return { rssMb: megabytesOf('Rss'), pssMb: megabytesOf('Pss') }
  } catch {
    return { rssMb: Number.NaN, pssMb: Number.NaN }
  }
}

function print(line: Readonly<Record<string, number | string>>): void {
  const rounded = Object.entries(line).map(([name, value]) => [
    name,
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value,
  ])
  console.log(JSON.stringify({ bench: 'event-store-soak', ...Object.fromEntries(rounded) }))
}

function numberOf(flag: string, fallback: number): number {
  const at = Bun.argv.indexOf(flag)
  const value = at < 0 ? fallback : Number(Bun.argv[at + 1])
  if (Number.isFinite(value) && value > 0) return value
  throw new Error(`${flag} takes a number above 0, found "${Bun.argv[at + 1]}"`)
}
