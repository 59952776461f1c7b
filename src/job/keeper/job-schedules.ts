import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { JobDefinition } from '../define-job.ts'
import type { KnownQueue } from './job-index.ts'
import { type ScheduleTimes, toScheduleTimes } from './schedule-times.ts'

/**
 * Which jobs are due by themselves. An instant is named in the key of its job, so that whoever submits it twice submits it
 * once; of several that were missed one is made up for, the last.
 */
export interface JobSchedules {
  /** A queue's schedule as it was recorded, or was looked after up to. */
  take(queue: Pick<KnownQueue, 'job' | 'schedule' | 'scheduledUpTo'>): void
  /** Due now, or begun just now: each is to be recorded, and `done` told. */
  due(now: number, isPaused: (job: string) => boolean): readonly DueSchedule[]
  done(job: string, upTo: number): void
  /** When to look again at the latest; undefined where nothing is scheduled. */
  nextAt(now: number): number | undefined
  nextOf(job: string, now: number): number | undefined
  wordsOf(job: string): string | undefined
  /** What is wrong with a schedule, as a sentence. */
  troubleOf(job: string): string | undefined
  setTrouble(job: string, words: string | undefined): void
}

export type DueSchedule = { readonly definition: JobDefinition; readonly words: string } & (
  | { readonly do: 'submit'; readonly at: number }
  | { readonly do: 'begin'; readonly at: number }
)

/** What is later than this was missed. */
const lateMs = 10_000

type Scheduled = {
  readonly definition: JobDefinition
  readonly times: ScheduleTimes
  readonly missed: 'once' | 'skip'
  /** Looked after up to here; undefined: never with this schedule. */
  upTo: number | undefined
}

export function createJobSchedules(definitions: readonly JobDefinition[], log: Log): JobSchedules {
  const scheduled = new Map<string, Scheduled>()
  const troubles = new Map<string, string>()
  for (const definition of definitions) {
    if (!definition.schedule) continue
    try {
      const times = toScheduleTimes(definition.name, definition.schedule)
      scheduled.set(definition.name, {
        definition,
        times,
        missed: definition.schedule.missed ?? 'once',
        upTo: undefined,
      })
    } catch (error) {
      troubles.set(definition.name, describeError(error))
      log.error(describeError(error))
    }
  }

  const dueOf = (one: Scheduled, now: number): DueSchedule | undefined => {
    const { definition, times, missed } = one
    const { words } = times
    if (one.upTo === undefined) return { do: 'begin', definition, words, at: now }
    // Where the clock was set back it counts from now on; what was submitted before has the same key, and comes once.
    one.upTo = Math.min(one.upTo, now)
    const at = times.lastWithin(one.upTo, now)
    if (at === undefined) return undefined
    if (missed === 'once' || now - at <= lateMs) return { do: 'submit', definition, words, at }
    one.upTo = at
    return undefined
  }

  return {
    take: ({ job, schedule, scheduledUpTo }) => {
      const one = scheduled.get(job)
      if (one && schedule === one.times.words && scheduledUpTo !== null) one.upTo = scheduledUpTo
    },
    due: (now, isPaused) =>
      [...scheduled.values()].flatMap((one) => (isPaused(one.definition.name) ? [] : (dueOf(one, now) ?? []))),
    done: (job, upTo) => {
      const one = scheduled.get(job)
      if (one) one.upTo = upTo
    },
    nextAt: (now) => {
      const nexts = [...scheduled.values()].flatMap(({ times }) => times.nextAfter(now) ?? [])
      return nexts.length === 0 ? undefined : Math.min(...nexts)
    },
    nextOf: (job, now) => scheduled.get(job)?.times.nextAfter(now),
    wordsOf: (job) => scheduled.get(job)?.times.words,
    troubleOf: (job) => troubles.get(job),
    setTrouble: (job, words) => {
      if (words === undefined) troubles.delete(job)
      else troubles.set(job, words)
    },
  }
}
