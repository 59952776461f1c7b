import type { Filter } from '@kurrent/kurrentdb-client'
import { PlatformError } from '#kernel/platform-error.ts'
import type { EventFilter } from '../event-store.ts'

/**
 * The filter as the server applies it. Without one asked for, system events are kept from travelling; with one,
 * the few that match are dropped on arrival, as the server takes one expression only.
 */
export function toServerFilter(filter: EventFilter | undefined, onCheckpoint?: Filter['checkpointReached']): Filter {
  const base = {
    filterOn: filter?.on === 'stream' ? ('streamName' as const) : ('eventType' as const),
    checkpointInterval,
    ...(onCheckpoint ? { checkpointReached: onCheckpoint } : {}),
  }
  if (filter === undefined) return { ...base, regex: '^[^$].*' }
  return 'prefixes' in filter ? { ...base, prefixes: [...filter.prefixes] } : { ...base, regex: filter.regex }
}

/** A checkpoint every so many search windows of the server (32 events each). */
const checkpointInterval = 8

/** Throws `bad-input` at once for a filter that no server would take: a feed would otherwise try it for ever. */
export function checkFilter(filter: EventFilter | undefined): void {
  if (filter === undefined) return
  if ('prefixes' in filter) {
    if (filter.prefixes.length > 0 && filter.prefixes.every((prefix) => prefix !== '')) return
    throw badFilter(
      'its list of prefixes is empty or holds an empty one. Name at least one prefix, or ask for no filter',
    )
  }
  try {
    new RegExp(filter.regex, 'u')
  } catch (cause) {
    throw badFilter(`"${filter.regex}" is not a regular expression. Correct it`, cause)
  }
}

function badFilter(reason: string, cause?: unknown): PlatformError {
  return new PlatformError('bad-input', `The filter of events cannot be used: ${reason}.`, { cause })
}
