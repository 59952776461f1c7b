import type { ReachStep, Step } from '#event-store-server/step.ts'
import type { Random } from '#kernel/random.ts'

/**
 * Something the event store does, to be killed in the middle of, and what must be true of its file afterwards.
 *
 * `work` runs in a process of its own and goes on until that is killed; whatever it `tell`s has left the process when
 * `tell` returns, so it tells what was acknowledged. `check` runs in another process on what was left. A run has several
 * lives on one file; each hears what the ones before it told.
 */
export type CrashScenario = {
  /** Where it can be killed; a whole run of the rig must have reached each. */
  readonly steps: readonly Step[]
  /** How often a step is passed in a life, at most, before the process is killed at it. 1 when not named. */
  readonly passesMax?: Partial<Record<Step, number>>
  readonly livesMax: number
  work(life: Life): Promise<void>
  /** Returns what is wrong, in words. */
  check(remains: Remains): Promise<readonly string[]>
}

export type Life = {
  readonly file: string
  readonly seed: number
  readonly random: Random
  readonly told: readonly string[]
  readonly tell: (line: string) => void
  readonly onStep: ReachStep
}

export type Remains = Omit<Life, 'tell' | 'onStep'>
