import type { EventFilter, EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { fromPosition, logStart, type Position } from '#kernel/position.ts'
import { type Checkpoint, findCheckpoint } from '#projection/checkpoint.ts'
import { projectionId } from '#projection/define-projection.ts'
import { fits } from '#projection/open-read-model.ts'
import { projectionFilter } from '#projection/projection-filter.ts'
import type { RebuildEstimate } from '#projection/rebuild/rebuild-control.ts'
import { loadEarlierRates } from '#projection/rebuild/rebuild-table.ts'
import type { Client } from '#storage/client.ts'
import type { RebuildableProjection } from './kept-tables.ts'
import { loadSchemaSizes } from './schema-sizes.ts'

/** What a rebuild would take: counted and measured where that is quick, else worked out from a sample of both ends of the log. */
export async function estimateRebuild(
  options: {
    readonly sql: Client
    readonly store: EventStore
    readonly clock: Clock
    readonly diskFreeBytes: () => Promise<number | null>
    readonly watchedSelectors: (observables: readonly string[]) => number
  },
  projection: RebuildableProjection,
): Promise<RebuildEstimate> {
  const { sql, store } = options
  const { definition } = projection
  const id = projectionId(definition)
  const { schemaName } = definition.model
  const checkpoint = await findCheckpoint(sql, schemaName)
  if (!checkpoint) throw new PlatformError('unavailable', `The read model of ${id} is being made: try again shortly.`)
  const sample = await sampleLog(store, projectionFilter(definition))
  const [sizes, rates, diskFreeBytes] = await Promise.all([
    loadSchemaSizes(sql, [schemaName]),
    loadEarlierRates(sql, id),
    options.diskFreeBytes(),
  ])
  const count = await countEvents(store, { projection, checkpoint, sample })
  const observables = projection.observables.map(({ name }) => name)
  return {
    projection: id,
    fromVersion: checkpoint.version,
    toVersion: definition.version,
    ...count,
    ...toSeconds(count.eventCount, rates, sample.eventsPerSecond),
    diskBytes: sizes.get(schemaName) ?? 0,
    diskFreeBytes,
    observables,
    watchedSelectors: options.watchedSelectors(observables),
  }
}

type Sample = {
  /** All events there are, when both ends met; else how many there may be. */
  readonly eventCount: number
  readonly isWhole: boolean
  readonly eventsPerSecond: number
}

const pageCount = 2_000
const forwardsMsMax = 600
const backwardsMsMax = 200

/** Reads from both ends for a moment: how dense the events lie between, and how fast they are read. */
export async function sampleLog(
  store: Pick<EventStore, 'readLog' | 'head'>,
  filter: EventFilter,
  now: () => number = () => performance.now(),
): Promise<Sample> {
  const head = await store.head()
  const startedAt = now()
  const first = await readFor(store, filter, 'forwards', { msMax: forwardsMsMax, now })
  const seconds = (): number => Math.max(0.001, (now() - startedAt) / 1_000)
  if (first.isWhole) return { eventCount: first.count, isWhole: true, eventsPerSecond: first.count / seconds() }
  const last = await readFor(store, filter, 'backwards', { msMax: backwardsMsMax, now })
  const eventsPerSecond = (first.count + last.count) / seconds()
  const whole = bytesBetween(logStart, head)
  const seen = bytesBetween(logStart, first.end) + bytesBetween(last.end, head)
  if (seen >= whole) return { eventCount: first.count + last.count, isWhole: false, eventsPerSecond }
  const density = (first.count + last.count) / Math.max(1, seen)
  return { eventCount: Math.round(density * whole), isWhole: false, eventsPerSecond }
}

async function readFor(
  store: Pick<EventStore, 'readLog'>,
  filter: EventFilter,
  direction: 'forwards' | 'backwards',
  limit: { readonly msMax: number; readonly now: () => number },
): Promise<{ readonly count: number; readonly end: Position; readonly isWhole: boolean }> {
  const startedAt = limit.now()
  let count = 0
  let beyond: Position | 'start' | 'end' = direction === 'forwards' ? 'start' : 'end'
  let end = logStart
  for (;;) {
    const page = await store.readLog({ beyond, direction, countMax: pageCount, filter })
    count += page.length
    const last = page.at(-1)
    if (last) {
      end = last.position
      beyond = last.position
    }
    if (page.length < pageCount) return { count, end, isWhole: true }
    if (limit.now() - startedAt > limit.msMax) return { count, end, isWhole: false }
  }
}

function bytesBetween(from: Position, to: Position): number {
  return Number(fromPosition(to).commit - fromPosition(from).commit)
}

/** Tables of the same definition know how many events they took; what came since is added where it is few. */
async function countEvents(
  store: EventStore,
  known: { readonly projection: RebuildableProjection; readonly checkpoint: Checkpoint; readonly sample: Sample },
): Promise<{ readonly eventCount: number; readonly isEventCountExact: boolean }> {
  const { projection, checkpoint, sample } = known
  if (sample.isWhole) return { eventCount: sample.eventCount, isEventCountExact: true }
  if (!fits(projection.definition, checkpoint)) return { eventCount: sample.eventCount, isEventCountExact: false }
  const filter = projectionFilter(projection.definition)
  const since = await store.readLog({ beyond: checkpoint.position, direction: 'forwards', countMax: pageCount, filter })
  return { eventCount: checkpoint.eventCount + since.length, isEventCountExact: since.length < pageCount }
}

/** What a rebuild takes beside its events: a process starts, indexes and proof of few rows, the meeting. */
const secondsAtLeast = 1.5
/** Against merely reading: folding, saving, indexing and proving take their part. Measured without earlier rebuilds. */
const shareOfReading = 0.6

/** From rates of earlier rebuilds, of this projection if there are; else from how fast events were read just now. */
export function toSeconds(
  eventCount: number,
  rates: { readonly own: readonly number[]; readonly any: readonly number[] },
  eventsReadPerSecond: number,
): Pick<RebuildEstimate, 'seconds' | 'secondsMin' | 'secondsMax'> {
  const measured = rates.own.length > 0 ? rates.own : rates.any
  const likely = measured.length > 0 ? median(measured) : Math.max(1, eventsReadPerSecond * shareOfReading)
  const spread = rates.own.length > 1 ? 1.15 : rates.own.length === 1 ? 1.3 : measured.length > 0 ? 2 : 2.5
  const fastest = Math.max(...measured, likely) * spread
  const slowest = Math.min(...measured, likely) / spread
  const seconds = (rate: number): number => Math.round((secondsAtLeast + eventCount / Math.max(1, rate)) * 10) / 10
  return { seconds: seconds(likely), secondsMin: seconds(fastest), secondsMax: seconds(slowest) }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
