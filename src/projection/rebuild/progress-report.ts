import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import { comparePositions, fromPosition, logStart, type Position } from '#kernel/position.ts'
import type { FromRebuilder } from './rebuild-messages.ts'
import { createRebuildProgress, type RebuildEta } from './rebuild-progress.ts'
import type { RebuildPhase } from './rebuild-state.ts'

export type FoldedSoFar = { readonly position: Position; readonly eventCount: number; readonly rowCount: number }

/** Says how far a rebuild is: at each new phase, and now and then while it works. */
export interface ProgressReport {
  enter(phase: RebuildPhase): void
  /** Said now and then, once the first phase is entered. */
  note(soFar: FoldedSoFar): void
  /** The log reaches at least to here. */
  noteHead(head: Position): void
  /** It did not work for a while: that time says nothing about its speed. */
  skip(): void
  stop(): void
}

/** What is left, in each phase, of all that follows the reading: measured shares of the last save, indexes, proof and comparison. */
const finishShares: { readonly [P in RebuildPhase]?: number } = {
  indexing: 0.75,
  following: 0.65,
  proving: 0.65,
  comparing: 0,
  swapping: 0,
}
/** These pass no events while they work: what they take goes down by the clock. */
const silentPhases: readonly RebuildPhase[] = ['indexing', 'proving']
/** Where one of them takes longer than it was thought to. */
const etaShareMin = 0.1

export function startProgressReport(options: {
  readonly clock: Clock
  readonly store: Pick<EventStore, 'head'>
  /** How many events the shadow will be made of, as far as somebody knows. */
  readonly countEvents: () => Promise<number | undefined>
  /** What that said just now. */
  readonly eventCountWanted: number | undefined
  readonly say: (message: FromRebuilder) => void
  readonly limits: { readonly progressEveryMs: number }
}): ProgressReport {
  const { clock, store, say, limits, countEvents } = options
  const progress = createRebuildProgress(clock.now)
  let phase: RebuildPhase = 'queued'
  let soFar: FoldedSoFar = { position: logStart, eventCount: 0, rowCount: 0 }
  let head: Position = logStart
  let { eventCountWanted } = options
  let eta: RebuildEta = { share: 0, eventsPerSecond: 0, etaSeconds: null, etaSecondsMin: null, etaSecondsMax: null }
  let saidAt = Number.NEGATIVE_INFINITY
  let workedOutAt = 0
  let isStopped = false
  let cancelTimer: () => void = () => undefined

  const noteHead = (found: Position): void => {
    if (comparePositions(found, head) > 0) head = found
  }
  // Announcements and other plugins' events fill bytes and cost next to nothing to read: where events can be counted, they are.
  const reading = () =>
    eventCountWanted === undefined
      ? { read: bytesOf(soFar.position), toRead: bytesOf(head) }
      : { read: soFar.eventCount, toRead: eventCountWanted }
  const work = () => ({ ...soFar, ...reading(), finishShare: finishShares[phase] ?? 1 })
  const countAgain = async (): Promise<void> => {
    if (eventCountWanted === undefined) return
    const found = await countEvents()
    eventCountWanted = found ?? eventCountWanted
  }
  const sayNow = (): void => {
    eta = progress.note(work())
    workedOutAt = clock.now()
    repeat()
  }
  /** An index or a proof takes long and passes no events: that says nothing about the speed of reading. */
  const repeat = (): void => {
    saidAt = clock.now()
    const passedSeconds = silentPhases.includes(phase) ? (saidAt - workedOutAt) / 1_000 : 0
    say({ kind: 'progress', phase, head, ...soFar, ...after(eta, passedSeconds) })
  }
  /** The head moves on under live traffic, whatever this is at. One look at a time: stores that are slow are not asked faster. */
  const lookAtHead = (): void => {
    cancelTimer = clock.after(headEveryMs, async () => {
      const looks = Promise.allSettled([store.head().then(noteHead), countAgain()])
      if (phase !== 'queued' && clock.now() - saidAt >= headEveryMs) repeat()
      await looks
      if (!isStopped) lookAtHead()
    })
  }
  lookAtHead()

  return {
    enter: (next) => {
      phase = next
      sayNow()
    },
    note: (next) => {
      soFar = next
      noteHead(next.position)
      if (phase !== 'queued' && clock.now() - saidAt >= limits.progressEveryMs) sayNow()
    },
    noteHead,
    skip: progress.skip,
    stop: () => {
      isStopped = true
      cancelTimer()
    },
  }
}

const headEveryMs = 2_000

const bytesOf = (position: Position): number => Number(fromPosition(position).commit)

function after(eta: RebuildEta, passedSeconds: number): RebuildEta {
  const left = (seconds: number | null) =>
    seconds === null ? null : Math.max(seconds * etaShareMin, seconds - passedSeconds)
  return {
    ...eta,
    etaSeconds: left(eta.etaSeconds),
    etaSecondsMin: left(eta.etaSecondsMin),
    etaSecondsMax: left(eta.etaSecondsMax),
  }
}
