/**
 * Which events of the whole log a reader wants: by event type or by stream name, by any of some prefixes or by a
 * regular expression. System events (`$...`) are not special; a reader who does not want them says so.
 */
import { PlatformError } from '#kernel/platform-error.ts'

export type EventFilterDefinition = {
  readonly on: 'event-type' | 'stream-name'
  readonly prefixes: readonly string[]
  readonly regex: string
}

export type EventFilter = (event: { readonly type: string; readonly streamName: string }) => boolean

const regexLengthMax = 4_096

export function createEventFilter({ on, prefixes, regex }: EventFilterDefinition): EventFilter {
  const matches = prefixes.length > 0 ? toPrefixMatch(prefixes) : toRegexMatch(regex)
  return on === 'event-type' ? (event) => matches(event.type) : (event) => matches(event.streamName)
}

/** In words for whoever looks at the open subscriptions. */
export function describeFilter({ on, prefixes, regex }: EventFilterDefinition): string {
  const subject = on === 'event-type' ? 'type' : 'stream'
  return prefixes.length > 0 ? `${subject} begins with ${prefixes.join(' or ')}` : `${subject} matches ${regex}`
}

function toPrefixMatch(prefixes: readonly string[]): (text: string) => boolean {
  const [only] = prefixes
  if (prefixes.length === 1 && only !== undefined) return (text) => text.startsWith(only)
  return (text) => prefixes.some((prefix) => text.startsWith(prefix))
}

function toRegexMatch(regex: string): (text: string) => boolean {
  if (regex === '') throw badFilter('it has neither prefixes nor a regular expression')
  if (regex.length > regexLengthMax)
    throw badFilter(`its regular expression is longer than ${regexLengthMax} characters`)
  try {
    const compiled = new RegExp(regex)
    return (text) => compiled.test(text)
  } catch (error) {
    throw badFilter(`its regular expression does not compile (${error instanceof Error ? error.message : error})`)
  }
}

function badFilter(reason: string): PlatformError {
  return new PlatformError('bad-input', `The filter cannot be used: ${reason}. Correct it and read again.`)
}
