import type { Clock } from '#kernel/clock.ts'

/**
 * Lets so many lines a second through: a job that writes without end must not keep anybody busy but itself.
 */
export interface LineGate {
  isOpen(): boolean
  /** One line that says how many were left out since the last look; none, when none was. */
  takeLeftOut(): readonly string[]
}

export function createLineGate({ clock, countPerSecondMax }: { clock: Clock; countPerSecondMax: number }): LineGate {
  let second = 0
  let count = 0
  let leftOutCount = 0
  return {
    isOpen: () => {
      const now = Math.floor(clock.now() / 1_000)
      if (now !== second) {
        second = now
        count = 0
      }
      if (count++ < countPerSecondMax) return true
      leftOutCount++
      return false
    },
    takeLeftOut: () => {
      const found = leftOutCount
      leftOutCount = 0
      return found > 0 ? [`${found} lines were left out: more than ${countPerSecondMax} a second`] : []
    },
  }
}
