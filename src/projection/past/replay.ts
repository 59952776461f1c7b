import { matchesFilter } from '#event-store/event-filter.ts'
import type { EventFilter, EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import type { Client } from '#storage/client.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import type { ParkedEvent } from '../fold.ts'
import { toReadEvent } from '../projected-event.ts'
import type { ProjectionCode } from '../projection-code.ts'
import { projectionFilter } from '../projection-filter.ts'
import { shareOf } from './past-answer.ts'
import { readPages } from './read-pages.ts'
import { createShadowFold } from './shadow-fold.ts'

/** A chosen slice of history, run through a projection into tables of its own. */
export type ReplayRequest = {
  /** `<plugin>.<projection>`. */
  readonly projection: string
  /** Of the projection; null: today's. */
  readonly version: number | null
  /** Everything after `from`, up to and with `to`. */
  readonly from: Position
  readonly to: Position
  /** Beginnings of names; empty for all. */
  readonly stream: string
  readonly type: string
}

export type ReplayProgress = {
  /** Events looked at, and those of them that the projection handles. */
  readonly readCount: number
  readonly eventCount: number
  readonly parkedCount: number
  /** The first ones that failed themselves. */
  readonly failures: readonly ReplayFailure[]
  readonly share: number
}

export type ReplayFailure = {
  readonly position: Position
  readonly stream: string
  readonly type: string
  readonly words: string
}

const failuresShownMax = 20

/**
 * Runs a slice of history through a projection, into tables that are there and empty. Resolves at the end of the slice,
 * or, when it is aborted, after what is under way. Throws `too-large` for more events than are allowed.
 */
export async function replaySlice(options: {
  readonly sql: Client
  readonly store: Pick<EventStore, 'readLog'>
  readonly request: ReplayRequest
  readonly upcast: ProjectionCode['upcast']
  /** Over the scratch schema. */
  readonly scratch: ProjectionDefinition
  readonly skippedIds: ReadonlySet<string>
  readonly eventCountMax: number
  readonly signal: AbortSignal
  readonly onProgress: (progress: ReplayProgress) => void
}): Promise<void> {
  const { sql, store, request, scratch, signal } = options
  const handled = projectionFilter(scratch)
  let readCount = 0
  let eventCount = 0
  let parkedCount = 0
  const failures: ReplayFailure[] = []
  const fold = createShadowFold({
    sql,
    definition: scratch,
    toReadEvent: (event) => toReadEvent(event, options.upcast),
    skippedIds: options.skippedIds,
    parkedStreams: new Set(),
    save: async (_, commit) => {
      eventCount += commit.eventCount
      parkedCount += commit.parked.length
      failures.push(...commit.failed.slice(0, failuresShownMax - failures.length).map(toFailure))
    },
  })
  const isWanted = (event: RecordedEvent): boolean =>
    event.stream.startsWith(request.stream) && event.type.startsWith(request.type) && matchesFilter(handled, event)
  const filter = request.stream === '' ? handled : ({ on: 'stream', prefixes: [request.stream] } satisfies EventFilter)

  if (comparePositions(request.from, request.to) >= 0) return
  for await (const page of readPages({ store, filter, after: request.from, until: request.to })) {
    if (signal.aborted) return
    readCount += page.length
    const wanted = page.filter(isWanted)
    if (eventCount + wanted.length > options.eventCountMax) throw tooMany(options.eventCountMax)
    const to = page.at(-1)?.position ?? request.to
    await fold.fold(wanted, to)
    const share = shareOf(to, request.from, request.to)
    options.onProgress({ readCount, eventCount, parkedCount, failures, share })
  }
}

function toFailure({ event, words }: ParkedEvent): ReplayFailure {
  const { position, stream, type } = event
  return { position, stream, type, words }
}

function tooMany(countMax: number): PlatformError {
  const words = `The slice has more than ${countMax.toLocaleString('en')} events: choose a shorter time, a stream or a type.`
  return new PlatformError('too-large', words)
}
