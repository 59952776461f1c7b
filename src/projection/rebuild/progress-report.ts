import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import type { FromRebuilder } from './rebuild-messages.ts'
import { createRebuildProgress, type RebuildEta } from './rebuild-progress.ts'
import type { RebuildPhase } from './rebuild-state.ts'

export type FoldedSoFar = { readonly position: Position; readonly eventCount: number; readonly rowCount: number }

/** Says how far a rebuild is: at each new phase, and now and then while it works. */
export interface ProgressReport {
  enter(phase: RebuildPhase): void
  note(soFar: FoldedSoFar): void
  /** The log reaches at least to here. */
  noteHead(head: Position): void
  /** It did not work for a while: that time says nothing about its speed. */
  skip(): void
  stop(): void
}

/** Once these begin, nothing is left that takes long a row. */
const finishedPhases: readonly RebuildPhase[] = ['comparing', 'swapping']

export function startProgressReport(options: {
  readonly clock: Clock
  readonly store: Pick<EventStore, 'head'>
  readonly say: (message: FromRebuilder) => void
  readonly limits: { readonly progressEveryMs: number }
}): ProgressReport {
  const { clock, store, say, limits } = options
  const progress = createRebuildProgress(clock.now)
  let phase: RebuildPhase = 'queued'
  let soFar: FoldedSoFar = { position: logStart, eventCount: 0, rowCount: 0 }
  let head: Position = logStart
  let eta: RebuildEta = { share: 0, eventsPerSecond: 0, etaSeconds: null, etaSecondsMin: null, etaSecondsMax: null }
  let saidAt = Number.NEGATIVE_INFINITY
  let isStopped = false
  let cancelTimer: () => void = () => undefined

  const noteHead = (found: Position): void => {
    if (comparePositions(found, head) > 0) head = found
  }
  const sayNow = (): void => {
    const rowsToFinish = finishedPhases.includes(phase) ? 0 : soFar.rowCount
    eta = progress.note({ ...soFar, head, rowsToFinish })
    repeat()
  }
  /** An index or a proof takes long and passes no events: that says nothing about the speed of reading. */
  const repeat = (): void => {
    saidAt = clock.now()
    say({ kind: 'progress', phase, head, ...soFar, ...eta })
  }
  /** The head moves on under live traffic, whatever this is at. */
  const lookAtHead = (): void => {
    cancelTimer = clock.after(headEveryMs, () => {
      if (isStopped) return
      store.head().then(noteHead, () => undefined)
      if (clock.now() - saidAt >= headEveryMs) repeat()
      lookAtHead()
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
      if (clock.now() - saidAt >= limits.progressEveryMs) sayNow()
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
