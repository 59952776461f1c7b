import { Cron } from 'croner'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { JobSchedule } from '../define-job.ts'

/** When a schedule is due. Pure: the same on every machine, so that two leaders name the same instants. */
export interface ScheduleTimes {
  /** What it is, in words; another text is another schedule. */
  readonly words: string
  /** The first instant behind this one; undefined when there is none any more. */
  nextAfter(instant: number): number | undefined
  /** The last one up to `until` that is behind `after`. */
  lastWithin(after: number, until: number): number | undefined
}

/** Throws `bad-definition` for a pattern or a time zone nobody knows. */
export function toScheduleTimes(job: string, schedule: JobSchedule): ScheduleTimes {
  return 'everyMs' in schedule ? everyTimes(schedule.everyMs) : cronTimes(job, schedule)
}

/** Multiples of the period since 1970, so that a restart does not move them. */
function everyTimes(everyMs: number): ScheduleTimes {
  return {
    words: everyMs % 1_000 === 0 ? `every ${everyMs / 1_000} s` : `every ${everyMs} ms`,
    nextAfter: (instant) => (Math.floor(instant / everyMs) + 1) * everyMs,
    lastWithin: (after, until) => {
      const last = Math.floor(until / everyMs) * everyMs
      return last > after ? last : undefined
    },
  }
}

function cronTimes(job: string, { cron, timeZone = 'UTC' }: { cron: string; timeZone?: string }): ScheduleTimes {
  const pattern = openCron(job, cron, timeZone)
  const nextAfter = (instant: number): number | undefined => pattern.nextRun(new Date(instant))?.getTime()
  return {
    words: `${cron} (${timeZone})`,
    nextAfter,
    lastWithin: (after, until) => lastBetween(nextAfter, after, until),
  }
}

/** Halving: a pattern of every second that was missed for a year has thirty million instants, and this asks for sixty. */
function lastBetween(
  nextAfter: (instant: number) => number | undefined,
  after: number,
  until: number,
): number | undefined {
  let last = nextAfter(after)
  if (last === undefined || last > until) return undefined
  // Something is due at `last`, and nothing behind `beyond`.
  for (let beyond = until; last < beyond; ) {
    const middle = Math.floor((last + beyond) / 2)
    const next = nextAfter(middle)
    if (next !== undefined && next <= until) last = next
    else beyond = middle
  }
  return last
}

function openCron(job: string, cron: string, timeZone: string): Cron {
  try {
    const pattern = new Cron(cron, { timezone: timeZone, paused: true })
    // A wrong time zone shows only when it is used.
    pattern.nextRun(new Date(0))
    return pattern
  } catch (error) {
    throw new PlatformError(
      'bad-definition',
      `The schedule of job ${job} is "${cron}" in time zone "${timeZone}", which nobody can read: ${describeError(error)}`,
      { facts: { job, cron, timeZone }, cause: error },
    )
  }
}
