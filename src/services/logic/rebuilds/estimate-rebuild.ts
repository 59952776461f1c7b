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

/** What a rebuild takes however few its events are: a process starts, there is a proof and a meeting. */
const secondsAtLeast = 1.5
/** Against merely reading: folding, saving, indexing and proving take their part. Measured without earlier rebuilds. */
const shareOfReading = 0.6

/** From rates of earlier rebuilds, of this projection if there are; else from how fast events were read just now. */
export function toSeconds(
  eventCount: number,
  rates: { readonly own: readonly number[]; readonly any: readonly number[] },
  eventsReadPerSecond: number,
): Pick<RebuildEstimate, 'seconds' | 'secondsMin' | 'secondsMax'> {
  const own = rates.own.length > 0
  const measured = own ? rates.own : rates.any
  if (measured.length === 0) return fromReading(eventCount, Math.max(1, eventsReadPerSecond * shareOfReading))
  const spread = !own ? 2 : measured.length > 1 ? 1.15 : 1.3
  const seconds = (rate: number): number => toTenths(Math.max(secondsAtLeast, eventCount / rate))
  return {
    seconds: seconds(quantile(measured, 0.5)),
    secondsMin: seconds(quantile(measured, 0.75) * spread),
    secondsMax: seconds(quantile(measured, 0.25) / spread),
  }
}

/** Wide: how much folding and indexing take beside reading depends on the rows. */
function fromReading(eventCount: number, rate: number): Pick<RebuildEstimate, 'seconds' | 'secondsMin' | 'secondsMax'> {
  const seconds = (factor: number): number => toTenths(secondsAtLeast + (eventCount / rate) * factor)
  return { seconds: seconds(1), secondsMin: seconds(0.4), secondsMax: seconds(2.5) }
}

const toTenths = (seconds: number): number => Math.round(seconds * 10) / 10

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.max(1, sorted[Math.round((sorted.length - 1) * share)] ?? 1)
}
