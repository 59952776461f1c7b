import { assert } from '#kernel/assert.ts'
import type { ProjectedEvent } from '#projection/define-projection.ts'
import type { EventShape } from '#vortex/protocol/earlier-versions.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import type { Effects } from './effects.ts'

/**
 * A reactor: what should be done about an event, besides changing rows. It may call out, push further actions, send mail.
 *
 * Promises: each event is given to it at least once, those of one entity in their order; never while a read model is
 * rebuilt, since a reactor follows the log by itself and knows nothing of read models (P1).
 * Asks: a handler may run twice for the same event, so that what it does must bear repeating: `effects` has the keys for it.
 */
export type ReactorDefinition = {
  readonly plugin: string
  readonly name: string
  /** Shown on the admin page. A new one repeats nothing: what is done is done. */
  readonly version: number
  /** Where a reactor begins that has never run: with what is recorded from now on, or with all of history. */
  readonly startsAt: 'end' | 'beginning'
  readonly on: readonly ReactorCase[]
  readonly retry: RetryPolicy
  /** So many effects at a time, of different entities. */
  readonly concurrency: number
}

export type RetryPolicy = {
  /** After so many tries the event is a dead letter. */
  readonly triesMax: number
  /** The wait after the first failure; it doubles from one to the next. */
  readonly delayMs: number
  readonly delayMsMax: number
  /** A try that takes longer has failed. */
  readonly timeoutMs: number
  /** Whether later events of the entity of a dead letter go on, or wait for somebody's decision. */
  readonly afterDeadLetter: 'go-on' | 'wait'
}

export type ReactorCase = {
  readonly type: string
  /** Today's version of the data. */
  readonly version: number
  readonly event: EventShape
  react(event: ProjectedEvent, effects: Effects): Promise<void> | void
}

/** Makes the case of one action or fact: its data arrives typed and brought to today's version. */
export type OnReaction = <F extends Fields>(
  definition: EventShape & { readonly fields: F },
  react: (event: ProjectedEvent<FieldValues<F>>, effects: Effects) => Promise<void> | void,
) => ReactorCase

/** Tries over an hour at least, jitter or not: an outside system that is down over lunch leaves no dead letters. */
export const retryDefaults: RetryPolicy = {
  triesMax: 22,
  delayMs: 1_000,
  delayMsMax: 600_000,
  timeoutMs: 30_000,
  afterDeadLetter: 'go-on',
}
const concurrencyDefault = 8
const concurrencyMax = 256
const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

export function defineReactor(definition: {
  readonly plugin: string
  readonly name: string
  readonly version?: number
  readonly startsAt?: 'end' | 'beginning'
  readonly on: (on: OnReaction) => readonly ReactorCase[]
  readonly retry?: Partial<RetryPolicy>
  readonly concurrency?: number
}): ReactorDefinition {
  const { plugin, name, version = 1, startsAt = 'end', concurrency = concurrencyDefault } = definition
  const id = `${plugin}.${name}`
  const cases = definition.on((event, react) => ({
    type: event.name,
    version: event.version,
    event,
    react: (given, effects) => react(given as never, effects),
  }))
  const retry = { ...retryDefaults, ...definition.retry }
  const types = cases.map((entry) => entry.type)
  const twice = types.find((type, index) => types.indexOf(type) !== index)
  assert(
    namePattern.test(name),
    `a reactor of "${plugin}" is named "${name}": wanted lower-case words joined by dashes`,
  )
  assert(types.length > 0, `reactor ${id} reacts to nothing: give it a case`)
  assert(twice === undefined, `reactor ${id} reacts to ${twice} twice: keep one case`)
  assertWithin(id, 'version', version, 1, 1_000_000)
  assertWithin(id, 'concurrency', concurrency, 1, concurrencyMax)
  assertWithin(id, 'retry.triesMax', retry.triesMax, 1, 1_000)
  assertWithin(id, 'retry.delayMs', retry.delayMs, 1, retry.delayMsMax)
  assertWithin(id, 'retry.delayMsMax', retry.delayMsMax, 1, 24 * 3_600_000)
  assertWithin(id, 'retry.timeoutMs', retry.timeoutMs, 1, 3_600_000)
  return { plugin, name, version, startsAt, on: cases, retry, concurrency }
}

export function reactorId(definition: { readonly plugin: string; readonly name: string }): string {
  return `${definition.plugin}.${definition.name}`
}

function assertWithin(id: string, what: string, found: number, min: number, max: number): void {
  const isGood = Number.isInteger(found) && found >= min && found <= max
  assert(isGood, `reactor ${id} has ${what} ${found}: wanted a whole number from ${min} to ${max}`)
}
