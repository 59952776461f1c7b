import type { EventFilter, EventStore } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import type { Clock } from '#kernel/clock.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import type { Projector } from '#projection/projector.ts'
import type { ProjectorStatus } from '#projection/projector-status.ts'
import type { ProjectionStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { createProgressMeter, type ProgressMeter } from './progress-meter.ts'
import { noFacts, type ProjectionFacts } from './projection-facts.ts'

type StatusRow = TupleOf<typeof ProjectionStatus>

/** What a projector has still to take: so many events, the first of them recorded then. Null: more than is counted. */
type Lag = {
  readonly eventCount: number | null
  readonly since: number | null
  /** Counted from the projector's place to there, of the events it reads. */
  readonly position: Position
  readonly countedTo: Position
  readonly filter: EventFilter
}
type Watched = { readonly meter: ProgressMeter; lag: Lag; countedAt: number }

const countedEventsMax = 1_000
/** More than can be counted is not counted again at once: each count reads the events. */
const recountMsMin = 5_000

/**
 * Turns what projectors know of themselves into what a person wants to see: lag, rate and time to go (P6). Looks at the
 * head of the log every `periodMs`, and counts what is still to come exactly, up to a thousand events.
 */
export function watchProjections(options: {
  store: EventStore
  projectors: () => readonly Projector[]
  clock: Clock
  show: (row: StatusRow) => void
  /** What takes a query to know, as last looked at. */
  facts?: (id: string) => ProjectionFacts
  periodMs?: number
}): { stop(): void; refresh(): void } {
  const { store, clock } = options
  const facts = options.facts ?? (() => noFacts)
  const periodMs = options.periodMs ?? 1_000
  const watched = new Map<string, Watched>()
  let head: Position = logStart
  let isStopped = false
  let cancel = (): void => undefined

  const watchedOf = (projector: Projector): Watched => {
    const { id } = projector.status()
    const found = watched.get(id)
    if (found) return found
    const fresh = { meter: createProgressMeter(), lag: noLag(projector), countedAt: Number.NEGATIVE_INFINITY }
    watched.set(id, fresh)
    return fresh
  }

  /** A projector that follows at its own pace has nothing to count; one that stands still has. */
  const countLag = async (projector: Projector): Promise<void> => {
    const status = projector.status()
    const { filter } = projector
    const one = watchedOf(projector)
    const hasMoved = one.lag.position !== status.position || one.lag.filter !== filter
    if (comparePositions(head, status.position) <= 0 || (status.state === 'live' && hasMoved)) {
      one.lag = noLag(projector)
      return
    }
    if (one.lag.eventCount === null && (!hasMoved || clock.now() - one.countedAt < recountMsMin)) return
    // What stands still for hours is not read from its place again every time, only what came since.
    const known = hasMoved ? noLag(projector) : one.lag
    if (comparePositions(head, known.countedTo) <= 0) return
    const countMax = countedEventsMax + 1 - (known.eventCount ?? 0)
    const ahead = await store.readLog({ beyond: known.countedTo, direction: 'forwards', countMax, filter })
    const [first] = ahead
    one.lag = {
      ...known,
      eventCount: ahead.length === countMax ? null : (known.eventCount ?? 0) + ahead.length,
      since: known.since ?? (first ? (parseMetadata(first.metadata).recordedAt ?? first.storedAt) : null),
      countedTo: later(head, ahead.at(-1)?.position ?? head),
    }
    one.countedAt = clock.now()
  }

  const refresh = (): void => {
    for (const projector of options.projectors()) {
      const status = projector.status()
      const one = watchedOf(projector)
      one.meter.look(clock.now(), status.eventCount, status.position)
      options.show(toRow(status, { ...one, head, facts: facts(status.id) }, clock.now()))
    }
  }

  const tick = async (): Promise<void> => {
    try {
      head = await store.head()
      for (const projector of options.projectors()) await countLag(projector)
    } catch {
      // The store is away, which its own health says; what was counted last stays shown.
    }
    if (isStopped) return
    refresh()
    cancel = clock.after(periodMs, () => void tick())
  }
  void tick()

  return {
    refresh,
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}

function noLag({ filter, status }: Projector): Lag {
  const { position } = status()
  return { eventCount: 0, since: null, position, countedTo: position, filter }
}

const later = (a: Position, b: Position): Position => (comparePositions(a, b) > 0 ? a : b)

function toRow(
  status: ProjectorStatus,
  { meter, lag, head, facts }: Watched & { readonly head: Position; readonly facts: ProjectionFacts },
  now: number,
): StatusRow {
  const { lastEventAt: _, ...shown } = status
  const isDone = lag.eventCount === 0
  const end = later(head, status.position)
  const etaSeconds = isDone ? 0 : (etaOf(lag, meter) ?? meter.secondsTo(status.position, head) ?? null)
  return {
    ...shown,
    ...facts,
    pinnedVersion: facts.pinnedVersion === status.version ? facts.pinnedVersion : null,
    // What lies between, such as the announcements of its own commits, is nothing it reads.
    position: isDone && status.state === 'live' ? end : status.position,
    head: end,
    lagEvents: lag.eventCount,
    lagSeconds: lag.since === null ? 0 : Math.max(0, Math.round((now - lag.since) / 1_000)),
    ratePerSecond: meter.eventsPerSecond,
    etaSeconds,
    etaSecondsMin: etaSeconds === null ? null : Math.floor(etaSeconds / (1 + meter.spread)),
    etaSecondsMax: etaSeconds === null ? null : Math.ceil(etaSeconds / (1 - meter.spread)),
    live: status.state === 'live',
  }
}

function etaOf({ eventCount }: Lag, { eventsPerSecond }: ProgressMeter): number | undefined {
  return eventCount !== null && eventsPerSecond > 0 ? Math.ceil(eventCount / eventsPerSecond) : undefined
}
