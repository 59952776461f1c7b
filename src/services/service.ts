/** What every process role is to the program that runs it: something that starts, drains, stops and says how it is. */

export type HealthState = 'starting' | 'ready' | 'degraded' | 'draining' | 'stopped'

/** Something a service depends on or consists of: its link to logic, a store, a plugin. */
export type PartHealth = {
  readonly name: string
  readonly state: HealthState
  readonly words: string
  /** Its trouble stays its own: the whole is degraded by it and takes work all the same. */
  readonly isApart?: boolean
}

export type ServiceHealth = {
  readonly state: HealthState
  /** One sentence for a person. */
  readonly words: string
  readonly parts: readonly PartHealth[]
  /** Whether it should be given work though it is not `ready`. */
  readonly takesWork?: boolean
}

/**
 * A process role: logic, field, office, agent, worker.
 *
 * Promises: losing logic, a store or another service never ends it (S1): `health` says `degraded` and why, and it
 * resumes by itself. `kill -9` at any moment loses nothing that was acknowledged (S2).
 * Asks: the methods are called once each, in the order run, drain, stop; `drain` and `stop` also while `run` has not
 * settled, or after it rejected.
 */
export interface Service {
  readonly name: string
  /**
   * Settles as soon as the sites listen: whoever calls the url is answered. It does not wait for logic or for a store
   * that may be away. Rejects when it can never work: a taken port, a wrong configuration.
   */
  run(): Promise<void>
  /** Where its site listens, once `run` has resolved. */
  url(): string | undefined
  /** Takes no new work from now on; settles when what was in flight is finished. Never rejects for a lost peer. */
  drain(): Promise<void>
  /** Settles when everything `run` started is closed: sites, connections, timers. Without `drain` before, work is cut off. */
  stop(): Promise<void>
  /** Cheap, synchronous, at any time. */
  health(): ServiceHealth
  /**
   * An error that nobody caught: true when it came from something that stands apart, such as a plugin's part, and was
   * reported there. Everything else ends the process.
   */
  takeUncaught?(error: unknown): boolean
}

const gravest: readonly HealthState[] = ['ready', 'degraded', 'starting', 'draining', 'stopped']

/** The health of a whole from its parts: as bad as the worst of them, in the words of those that are not ready. */
export function combineHealth(parts: readonly PartHealth[]): ServiceHealth {
  const troubled = parts.filter((part) => part.state !== 'ready')
  if (troubled.length === 0) return { state: 'ready', words: 'everything works', parts }
  const ranks = troubled.map((part) => gravest.indexOf(part.state))
  const worst = gravest[Math.max(...ranks)] ?? 'degraded'
  // A service that runs with a part away or not yet there is degraded; only its own life makes it draining or stopped.
  return {
    state: worst === 'starting' ? 'starting' : 'degraded',
    words: troubled.map(toWords).join('; '),
    parts,
    takesWork: troubled.every(({ isApart }) => isApart === true),
  }
}

function toWords(part: PartHealth): string {
  return `${part.name}: ${part.words}`
}
