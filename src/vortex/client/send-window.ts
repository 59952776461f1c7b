/**
 * How much may be under way without an answer: a count, and the characters of it.
 *
 * It begins small, doubles with every round of answers that come soon, and halves when the far side says that it has too
 * much. So a device with thousands of actions fills its link and no more, and gives way where many come at once.
 */
export interface SendWindow {
  hasRoom(count: number, size: number): boolean
  /** An answer came, after so long. */
  onAnswer(tookMs: number): void
  /** The far side has too much, says about something that was sent at `sentAt`. Whether to be silent for a moment. */
  onOverload(sentAt: number, now: number): boolean
  /** Nobody is there who could do it: a few tries are enough to find out when that changes. */
  onAway(sentAt: number, now: number): void
  /** A connection begins: what was learned of another one may be wrong. */
  reset(countMax: number): void
}

export type SendWindowLimits = {
  readonly countMax: number
  /** Characters under way at a time; one more than that goes alone. */
  readonly sizeMax: number
  /** Where it begins. */
  readonly countStart: number
}

const countMin = 4
/** Answers that take longer stand in a queue somewhere: a larger window would only make that longer. */
const soonMs = 1_000

export function createSendWindow(limits: SendWindowLimits): SendWindow {
  let { countMax } = limits
  let window = Math.min(limits.countStart, countMax)
  /** Up to here it doubles; beyond, it grows by one a round. */
  let steady = countMax
  let shrunkAt = Number.NEGATIVE_INFINITY

  const shrink = (sentAt: number, now: number, to: () => void): void => {
    // Whatever was sent before the last time it shrank tells nothing new.
    if (sentAt <= shrunkAt) return
    shrunkAt = now
    to()
  }

  return {
    hasRoom: (count, size) => count === 0 || (count < Math.floor(window) && size < limits.sizeMax),
    onAnswer: (tookMs) => {
      if (tookMs <= soonMs) window = Math.min(countMax, window + (window < steady ? 1 : 1 / window))
    },
    onOverload: (sentAt, now) => {
      shrink(sentAt, now, () => {
        window = Math.max(countMin, window / 2)
        steady = window
      })
      return true
    },
    onAway: (sentAt, now) =>
      shrink(sentAt, now, () => {
        window = countMin
      }),
    reset: (nextCountMax) => {
      countMax = Math.min(limits.countMax, nextCountMax)
      window = Math.min(limits.countStart, countMax)
      steady = countMax
      shrunkAt = Number.NEGATIVE_INFINITY
    },
  }
}

/** A service forwards for many devices, which mind their windows themselves: one that is told to wait is not all of them. */
export function createFixedWindow(countMax: number): SendWindow {
  return {
    hasRoom: (count) => count < countMax,
    onAnswer: () => undefined,
    onOverload: () => false,
    onAway: () => undefined,
    reset: () => undefined,
  }
}
