import { assert } from '#kernel/assert.ts'
import type { Clock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { ParkingWork } from '../parking-control.ts'
import { createTally, type Tally } from './tally.ts'

export type AskedWork = Pick<
  ParkingWork,
  'kind' | 'projection' | 'stream' | 'fingerprint' | 'by' | 'reason' | 'totalCount'
>
/** Does the work; rejects when the signal says so. */
export type DoWork = (doing: {
  readonly signal: AbortSignal
  readonly tally: Tally
  /** So many more of the total are done. */
  done(count: number): void
}) => Promise<void>

/** Work on parked events under way: one at a time a projection, and the latest that ended. */
export interface ParkingWorks {
  /**
   * Keeps others from beginning anything about this projection until the returned function is called; throws
   * `already-running` when somebody has begun.
   */
  claim(projection: string): () => void
  /** Asks for a claim. */
  begin(asked: AskedWork, work: DoWork): ParkingWork
  of(projection: string): readonly ParkingWork[]
  get(id: string): ParkingWork
  finished(id: string): Promise<ParkingWork>
  cancel(id: string): void
  stop(): Promise<void>
}

/** Of all projections together. */
const keptCountMax = 50

export function createParkingWorks({ clock, log }: { clock: Clock; log: Log }): ParkingWorks {
  const works = new Map<
    string,
    { work: ParkingWork; readonly cancelling: AbortController; readonly over: Promise<void> }
  >()
  let isStopped = false

  const find = (id: string) => {
    const found = works.get(id)
    if (found) return found
    throw new PlatformError(
      'not-found',
      `There is no work ${id} on parked events here: it ended long ago, or ran on another logic.`,
    )
  }
  const claimed = new Set<string>()
  const claim = (projection: string): (() => void) => {
    if (isStopped) throw new PlatformError('unavailable', 'Logic does not lead any more: ask the one that does.')
    const other = [...works.values()].find(({ work }) => work.projection === projection && work.state === 'running')
    if (other) throw alreadyRunning(projection, `a ${other.work.kind} that ${other.work.by} asked for runs`)
    if (claimed.has(projection)) throw alreadyRunning(projection, 'somebody else has just asked for something')
    claimed.add(projection)
    return () => void claimed.delete(projection)
  }
  const forgetOld = (): void => {
    for (const [id, { work }] of works) {
      if (works.size <= keptCountMax) return
      if (work.state !== 'running') works.delete(id)
    }
  }

  return {
    claim,
    begin: (asked, doWork) => {
      assert(claimed.has(asked.projection), 'who begins has claimed the projection')
      const id = newUuid()
      const cancelling = new AbortController()
      const tally = createTally()
      const change = (part: Partial<ParkingWork>): void => {
        const known = works.get(id)
        if (known) known.work = { ...known.work, ...part }
      }
      const run = async (): Promise<void> => {
        const { signal } = cancelling
        const done = (count: number): void => {
          const known = find(id).work
          const doneCount = known.doneCount + count
          change({ doneCount, totalCount: Math.max(known.totalCount, doneCount), outcome: tally.outcome() })
        }
        try {
          await doWork({ signal, tally, done })
          change({ state: 'done' })
        } catch (error) {
          if (signal.aborted) change({ state: 'cancelled' })
          else {
            log.warning(`the ${asked.kind} on ${asked.projection} failed: ${describeError(error)}`)
            change({ state: 'failed', error: describeError(error) })
          }
        }
        change({ outcome: tally.outcome(), endedAt: clock.now() })
      }
      const first: ParkingWork = {
        ...asked,
        id,
        state: 'running',
        doneCount: 0,
        outcome: null,
        error: null,
        startedAt: clock.now(),
        endedAt: null,
      }
      const over = Promise.resolve().then(run)
      works.set(id, { work: first, cancelling, over })
      forgetOld()
      return first
    },
    of: (projection) =>
      [...works.values()]
        .map(({ work }) => work)
        .filter((work) => work.projection === projection)
        .reverse(),
    get: (id) => find(id).work,
    finished: async (id) => {
      await find(id).over
      return find(id).work
    },
    cancel: (id) => find(id).cancelling.abort(),
    stop: async () => {
      isStopped = true
      for (const { cancelling } of works.values()) cancelling.abort()
      await Promise.all([...works.values()].map(({ over }) => over))
    },
  }
}

function alreadyRunning(projection: string, found: string): PlatformError {
  return new PlatformError('already-running', `On ${projection} ${found}: wait for its end, or cancel it.`)
}
