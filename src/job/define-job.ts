import type * as v from 'valibot'
import { assert } from '#kernel/assert.ts'
import { checkedName, type Fields, type FieldValues, toSchema } from '#vortex/protocol/tuple.ts'

/**
 * A unit of work for a worker: recorded before it is begun, and tried until it has an outcome.
 *
 *     export const NegateNumber = defineJob('tutorial.NegateNumber', {
 *       input: { number: integer() },
 *       output: { negated: integer() },
 *       schedule: { everyMs: 5_000, input: () => ({ number: 24 }) },
 *     })
 *
 * Asks: a handler may run again after a crash, so that what it does outside bears repeating: its context has a key for it.
 */
export type JobDefinition<I extends Fields = Fields, O extends Fields = Fields> = {
  readonly kind: 'job'
  /** `<plugin>.<VerbNoun>`; also the name of its queue. */
  readonly name: string
  readonly input: I
  readonly output: O
  readonly inputSchema: v.GenericSchema<unknown, FieldValues<I>>
  readonly outputSchema: v.GenericSchema<unknown, FieldValues<O>>
  /** A try that takes longer is ended, with its process, and has failed. */
  readonly timeoutMs: number
  readonly retry: JobRetry
  /** So many at a time over all workers; null: as many as there are places. */
  readonly concurrencyMax: number | null
  readonly priority: JobPriority
  /** `fresh`: a process of its own for each job. `reused`: a process that ended a job well takes the next one. */
  readonly process: 'fresh' | 'reused'
  /** Jobs with the same key are one job: the second submission gets the first one's outcome. */
  key(input: FieldValues<I>): string | undefined
  readonly schedule: JobSchedule | undefined
}

export type JobRetry = {
  /** After so many tries the job parks with its error. */
  readonly triesMax: number
  /** The wait after the first failure; it doubles from one to the next. */
  readonly delayMs: number
  readonly delayMsMax: number
}

/** The first ones first. */
export const jobPriorities = ['high', 'normal', 'low'] as const
export type JobPriority = (typeof jobPriorities)[number]

/** When jobs are submitted by themselves. What was missed while nothing ran is made up for once, or not at all. */
export type JobSchedule<I = object> = (
  | { readonly everyMs: number }
  | { readonly cron: string /** IANA name. */; readonly timeZone?: string }
) & { readonly missed?: 'once' | 'skip'; input(at: number): I }

export const jobRetryDefaults: JobRetry = { triesMax: 5, delayMs: 2_000, delayMsMax: 600_000 }
const timeoutMsDefault = 300_000
const timeoutMsMax = 24 * 3_600_000

export function defineJob<I extends Fields, O extends Fields>(
  name: string,
  definition: {
    readonly input: I
    readonly output: O
    readonly timeoutMs?: number
    readonly retry?: Partial<JobRetry>
    readonly concurrencyMax?: number
    readonly priority?: JobPriority
    readonly process?: 'fresh' | 'reused'
    key?(input: FieldValues<I>): string | undefined
    readonly schedule?: JobSchedule<FieldValues<I>>
  },
): JobDefinition<I, O> {
  const { input, output, timeoutMs = timeoutMsDefault, concurrencyMax = null, schedule } = definition
  const retry = { ...jobRetryDefaults, ...definition.retry }
  assertWithin(name, 'timeoutMs', timeoutMs, 1, timeoutMsMax)
  assertWithin(name, 'retry.triesMax', retry.triesMax, 1, 1_000)
  assertWithin(name, 'retry.delayMs', retry.delayMs, 1, retry.delayMsMax)
  assertWithin(name, 'retry.delayMsMax', retry.delayMsMax, 1, timeoutMsMax)
  if (concurrencyMax !== null) assertWithin(name, 'concurrencyMax', concurrencyMax, 1, 10_000)
  if (schedule && 'everyMs' in schedule)
    assertWithin(name, 'schedule.everyMs', schedule.everyMs, 100, 366 * 24 * 3_600_000)
  return {
    kind: 'job',
    name: checkedName(name),
    input,
    output,
    inputSchema: toSchema(input),
    outputSchema: toSchema(output),
    timeoutMs,
    retry,
    concurrencyMax,
    priority: definition.priority ?? 'normal',
    process: definition.process ?? 'reused',
    key: definition.key ?? (() => undefined),
    schedule,
  }
}

function assertWithin(name: string, what: string, found: number, min: number, max: number): void {
  const isGood = Number.isInteger(found) && found >= min && found <= max
  assert(isGood, `job "${name}" has ${what} ${found}: wanted a whole number from ${min} to ${max}`)
}
