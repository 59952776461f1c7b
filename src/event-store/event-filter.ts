import type { EventFilter, RecordedEvent } from './event-store.ts'

const compiled = new Map<string, RegExp>()

/** What the server does with a filter, done here: for events that arrived unfiltered. */
export function matchesFilter(filter: EventFilter, event: Pick<RecordedEvent, 'type' | 'stream'>): boolean {
  const subject = filter.on === 'type' ? event.type : event.stream
  if ('prefixes' in filter) return filter.prefixes.some((prefix) => subject.startsWith(prefix))
  const regex = compiled.get(filter.regex) ?? new RegExp(filter.regex)
  compiled.set(filter.regex, regex)
  return regex.test(subject)
}
