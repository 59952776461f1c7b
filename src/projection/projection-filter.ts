import type { EventFilter } from '#event-store/event-store.ts'
import type { ProjectionDefinition } from './define-projection.ts'

/** Everything but announcements, which say only what projections did, and the store's own events. */
export const logFilter: EventFilter = { on: 'stream', regex: '^(?!changes-|\\$)' }

/** What travels to a projection: the types it handles, or everything people did, refusals included. */
export function projectionFilter(definition: ProjectionDefinition): EventFilter {
  if (definition.readsEverything) return logFilter
  const types = definition.on.map((entry) => entry.type)
  if (types.includes('*')) return { on: 'stream', regex: '^(?!changes-|jobs-|\\$|peek\\.)' }
  return { on: 'type', prefixes: types }
}
