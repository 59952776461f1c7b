import type { Clock } from '#kernel/clock.ts'

/**
 * Time that only goes on: what the wall clock jumps, back or ahead, is left out, and so is what a machine sleeps. Lengths
 * are measured by it, such as leases and waits between tries; instants that people name are not.
 */
export interface SteadyTime {
  /** Asked often: a step longer than `stepMsMax` counts as that. */
  now(): number
}

const stepMsMax = 5_000

export function createSteadyTime(clock: Pick<Clock, 'now'>): SteadyTime {
  let lastWall = clock.now()
  let steady = 0
  return {
    now: () => {
      const wall = clock.now()
      steady += Math.min(stepMsMax, Math.max(0, wall - lastWall))
      lastWall = wall
      return steady
    },
  }
}
