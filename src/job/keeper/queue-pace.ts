/**
 * How fast a queue goes just now, and so how many of its jobs may be ready ahead: as many as it ends in the time that a
 * worker takes to hear of one. With these few ready a worker that is done with short jobs always finds the next one; of
 * long jobs none is ready before there is a place, so that one that matters more can still go before it.
 */
export interface QueuePace {
  /** A job of it has ended, or a try of one. */
  note(job: string, now: number): void
  aheadOf(job: string, now: number): number
}

/** From the append that says it is ready to the one that leases it, on a machine that has much to do. */
const wayMs = 250
/** Within one second; a queue that seldom ends anything is not fast because it just did. */
const windowMs = 500

type Counts = { window: number; count: number; countBefore: number }

export function createQueuePace(): QueuePace {
  const ended = new Map<string, Counts>()
  const turnTo = (counts: Counts, window: number): void => {
    if (counts.window === window) return
    counts.countBefore = counts.window === window - 1 ? counts.count : 0
    counts.count = 0
    counts.window = window
  }
  return {
    note: (job, now) => {
      const window = Math.floor(now / windowMs)
      const counts = ended.get(job) ?? { window, count: 0, countBefore: 0 }
      ended.set(job, counts)
      turnTo(counts, window)
      counts.count++
    },
    aheadOf: (job, now) => {
      const counts = ended.get(job)
      if (!counts) return 0
      turnTo(counts, Math.floor(now / windowMs))
      return Math.ceil((Math.max(counts.count, counts.countBefore) * wayMs) / windowMs)
    },
  }
}
