/**
 * Which events of the whole log a reader wants: by event type or by stream name, by any of some prefixes or by a
 * regular expression. System events (`$...`) are not special; a reader who does not want them says so.
 */
import { PlatformError } from '#kernel/platform-error.ts'
import { compileRegex, type Matches } from './linear-regex.ts'

export type EventFilterDefinition = {
  readonly on: 'event-type' | 'stream-name'
  readonly prefixes: readonly string[]
  readonly regex: string
}

export type EventFilter = (event: { readonly type: string; readonly streamName: string }) => boolean

export function createEventFilter({ on, prefixes, regex }: EventFilterDefinition): EventFilter {
  const matches = prefixes.length > 0 ? toPrefixMatch(prefixes) : toRegexMatch(regex)
  if (on === 'stream-name') return (event) => matches(event.streamName)
  const matchesType = remembering(matches)
  return (event) => matchesType(event.type)
}

/** In words for whoever looks at the open subscriptions. */
export function describeFilter({ on, prefixes, regex }: EventFilterDefinition): string {
  const subject = on === 'event-type' ? 'type' : 'stream'
  return prefixes.length > 0 ? `${subject} begins with ${prefixes.join(' or ')}` : `${subject} matches ${regex}`
}

function toPrefixMatch(prefixes: readonly string[]): Matches {
  const [only] = prefixes
  if (prefixes.length === 1 && only !== undefined) return (text) => text.startsWith(only)
  return (text) => prefixes.some((prefix) => text.startsWith(prefix))
}

function toRegexMatch(regex: string): Matches {
  if (regex === '') throw badFilter('it has neither prefixes nor a regular expression')
  return compileRegex(regex)
}

const rememberedMax = 256
const rememberedLengthMax = 128

/** There are far fewer event types than events: most are decided by one look-up. Bounded in number and in size. */
function remembering(matches: Matches): Matches {
  const remembered = new Map<string, boolean>()
  return (text) => {
    const known = remembered.get(text)
    if (known !== undefined) return known
    const decision = matches(text)
    if (text.length > rememberedLengthMax) return decision
    if (remembered.size >= rememberedMax) remembered.clear()
    remembered.set(text, decision)
    return decision
  }
}

function badFilter(reason: string): PlatformError {
  return new PlatformError('bad-input', `The filter cannot be used: ${reason}. Correct it and read again.`)
}
