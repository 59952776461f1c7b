import { createHeap } from './heap.ts'
import { type KeptJob, type Times, turnOf } from './kept-job.ts'

/**
 * The jobs of one queue and priority that wait, in the order of their turns: those whose time has come, and those whose
 * time is still ahead.
 *
 * Promises: so many at most; what came when it was full, and what comes behind the last of those it was filled with, is not
 * forgotten but to be loaded again from the read model. One that was taken out, or changed, is passed over.
 */
export interface WaitingLane {
  readonly count: number
  /** Whether jobs that are not here may have their turn soon, where so few are left. */
  isToFill(at: Times, leftCount: number): boolean
  /** False: it is left to a later filling. */
  add(job: KeptJob): boolean
  remove(jobId: string): void
  /** Whose turn it is. */
  next(at: Times): KeptJob | undefined
  /** Empties it. */
  clear(): readonly string[]
  /**
   * What is added next are the first ones there are. `lastTurn`: of the last of them, where there are more behind it;
   * `isBehind`: ones that were not taken in before may not be among them yet.
   */
  beginFilling(lastTurn: number | undefined, isBehind: boolean): void
}

export const laneCountMax = 2_000

export function createWaitingLane(countMax = laneCountMax): WaitingLane {
  type Place = { readonly by: number; readonly job: KeptJob }
  const isBefore = (a: Place, b: Place): boolean =>
    a.by < b.by ||
    (a.by === b.by && (a.job.submittedAt - b.job.submittedAt || (a.job.jobId < b.job.jobId ? -1 : 1)) < 0)
  const jobs = new Map<string, KeptJob>()
  let due = createHeap<Place>(isBefore)
  let atWall = createHeap<Place>(isBefore)
  let atSteady = createHeap<Place>(isBefore)
  /** All whose turn comes up to here are in the lane, but for those it had no room for. */
  let filledUpTo = Number.POSITIVE_INFINITY
  let hadNoRoom = false
  let leftOutBehind = false

  const isHere = ({ job }: Place): boolean => jobs.get(job.jobId) === job
  const ripen = (heap: typeof due, until: number): void => {
    for (let first = heap.peek(); first && (first.by <= until || !isHere(first)); first = heap.peek()) {
      heap.pop()
      if (isHere(first)) due.push({ by: turnOf(first.job), job: first.job })
    }
  }
  const look = (at: Times): void => {
    ripen(atWall, at.wall)
    ripen(atSteady, at.steady)
  }
  const firstDue = (at: Times): KeptJob | undefined => {
    look(at)
    for (let first = due.peek(); first; first = due.peek()) {
      if (isHere(first)) return first.job
      due.pop()
    }
    return undefined
  }
  /** Heaps keep what is gone until it comes up. */
  const sweep = (): void => {
    if (due.size + atWall.size + atSteady.size < 2 * jobs.size + 1_000) return
    const kept = [...jobs.values()]
    clear()
    for (const job of kept) put(job)
  }
  const clear = (): readonly string[] => {
    const ids = [...jobs.keys()]
    jobs.clear()
    due = createHeap(isBefore)
    atWall = createHeap(isBefore)
    atSteady = createHeap(isBefore)
    return ids
  }
  const put = (job: KeptJob): void => {
    jobs.set(job.jobId, job)
    const { stage, tryCount } = job.state
    const notBefore = stage.at === 'waiting' ? stage.notBefore : null
    if (notBefore === null) due.push({ by: turnOf(job), job })
    else if (tryCount === 0) atWall.push({ by: notBefore, job })
    else atSteady.push({ by: job.learnedAt + job.waitMs, job })
  }

  return {
    get count() {
      return jobs.size
    },
    isToFill: (at, leftCount) => {
      const dueCount = firstDue(at) ? due.size : 0
      const hasMore = filledUpTo < Number.POSITIVE_INFINITY
      return (hadNoRoom && dueCount <= leftCount) || (hasMore && jobs.size <= leftCount)
    },
    add: (job) => {
      const isBehind = turnOf(job) > filledUpTo
      if (isBehind || (jobs.size >= countMax && !jobs.has(job.jobId))) {
        jobs.delete(job.jobId)
        leftOutBehind ||= isBehind
        hadNoRoom ||= !isBehind
        return false
      }
      put(job)
      sweep()
      return true
    },
    remove: (jobId) => void jobs.delete(jobId),
    next: firstDue,
    clear,
    beginFilling: (lastTurn, isBehind) => {
      filledUpTo = lastTurn ?? Number.POSITIVE_INFINITY
      hadNoRoom = isBehind && (hadNoRoom || leftOutBehind)
      leftOutBehind = false
    },
  }
}
