import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'

/**
 * What somebody looks for among recorded events. All that is said must fit; nothing said means everything.
 * Its text form is the query of an address, the same in the admin app, its API and on the command line.
 */
export type SearchQuery = {
  /** Beginnings of names. */
  readonly stream?: string
  readonly type?: string
  /** Whole names. */
  readonly plugin?: string
  readonly entity?: string
  readonly user?: string
  readonly device?: string
  /** Everything that followed from one action. */
  readonly correlation?: string
  readonly kind?: EventKind
  /** Somewhere in the data; capitals do not count. */
  readonly text?: string
  /** From this instant, until before that one; milliseconds since 1970. */
  readonly from?: number
  readonly to?: number
  /** Which of an event's two times `from` and `to` are about. */
  readonly time?: EventTime
}

export const eventKinds = ['action', 'fact', 'refusal', 'decision', 'job', 'foreign'] as const
export type EventKind = (typeof eventKinds)[number]
export const eventTimes = ['recorded', 'occurred'] as const
export type EventTime = (typeof eventTimes)[number]

const textNames = ['stream', 'type', 'plugin', 'entity', 'user', 'device', 'correlation', 'text'] as const
const wordLengthMax = 1_000

/** Of the query of an address; empty values are as good as none. Throws `bad-input`. */
export function parseSearchQuery(asked: Readonly<Record<string, string | undefined>>): SearchQuery {
  const given = (name: string): string | undefined => asked[name]?.trim() || undefined
  const words = textNames.map((name) => [name, checkWords(name, given(name))] as const)
  const query = {
    ...Object.fromEntries(words),
    kind: oneOf('kind', given('kind') ?? kindOfOutcome(given('outcome')), eventKinds),
    time: oneOf('time', given('time'), eventTimes),
    from: parseInstant('from', given('from')),
    to: parseInstant('to', given('to')),
  }
  if (query.from !== undefined && query.to !== undefined && query.from >= query.to)
    throw new PlatformError('bad-input', '"from" is not before "to": no event can lie between them.')
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
}

/** The way back, for links and for the record of who searched what. */
export function toSearchParams(query: SearchQuery): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    params.set(name, typeof value === 'number' ? new Date(value).toISOString() : value)
  return params
}

/** An answered action was accepted or refused; so says the answer that a person saw. */
function kindOfOutcome(outcome: string | undefined): string | undefined {
  const known = oneOf('outcome', outcome, ['accepted', 'refused'])
  return known && (known === 'accepted' ? 'action' : 'refusal')
}

function oneOf<T extends string>(name: string, found: string | undefined, known: readonly T[]): T | undefined {
  if (found === undefined) return undefined
  const hit = known.find((each) => each === found)
  if (hit !== undefined) return hit
  const near = nearestName(found, known)
  const hint = near ? `did you mean "${near}"?` : `wanted one of ${known.join(', ')}.`
  throw new PlatformError('bad-input', `${name} is "${found}": ${hint}`)
}

function checkWords(name: string, found: string | undefined): string | undefined {
  if (found?.includes('\u0000'))
    throw new PlatformError('bad-input', `${name} has a NUL character: no event is listed with one.`)
  if (found === undefined || found.length <= wordLengthMax) return found
  throw new PlatformError(
    'bad-input',
    `${name} has ${found.length} characters: ${wordLengthMax} at most are looked for.`,
  )
}

/** A date and time with its zone, a date (its beginning in UTC), or milliseconds since 1970. */
export function parseInstant(name: string, found: string | undefined): number | undefined {
  if (found === undefined) return undefined
  const value = /^-?\d+$/.test(found) ? Number(found) : isDated(found) ? Date.parse(found) : Number.NaN
  if (Number.isSafeInteger(value) && Math.abs(value) <= dateMax) return value
  throw new PlatformError(
    'bad-input',
    `${name} is "${found}": wanted an instant such as 2026-03-31T14:00:00Z, 2026-03-31T16:00+02:00 or 2026-03-31.`,
  )
}

const dateMax = 8.64e15

/** What JavaScript takes besides depends on where it runs. */
function isDated(text: string): boolean {
  return /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
}
