import { type Clock, elapsed } from '#kernel/clock.ts'

/** How much may be under way at once. */
export interface SendWindow {
  hasRoom(sentCount: number, sentBytes: number): boolean
  /** To be called when one is sent; the function when its answer is there. */
  onSent(): () => void
}

export function createFixedWindow(countMax: number): SendWindow {
  return { hasRoom: (sentCount) => sentCount < countMax, onSent: () => () => undefined }
}

const countMin = 4
const countFirst = 16
const slowMs = 5_000
const fastMs = 2_000

/**
 * A window that finds out what the link takes: it opens while answers come fast, twice as wide each round, and shuts by half
 * when they come late. A link as thin as a straw must not be filled with so much that answers are taken for lost.
 */
export function createAdaptiveWindow(options: {
  readonly clock: Clock
  readonly countMax: number
  /** What one more of the count may take; one alone may take any size. */
  readonly bytesEach: number
}): SendWindow {
  const { clock, countMax, bytesEach } = options
  let count = Math.min(countFirst, countMax)
  let shutAt = Number.NEGATIVE_INFINITY

  return {
    hasRoom: (sentCount, sentBytes) => sentCount < count && (sentCount === 0 || sentBytes < count * bytesEach),
    onSent: () => {
      const sentAt = elapsed(clock)
      return () => {
        const tookMs = elapsed(clock) - sentAt
        if (tookMs <= fastMs) count = Math.min(countMax, count + 1)
        // Those sent before it was shut come late for the same reason.
        if (tookMs < slowMs || sentAt < shutAt) return
        count = Math.max(countMin, Math.floor(count / 2))
        shutAt = elapsed(clock)
      }
    },
  }
}
