import type { EventFilter } from '#event-store/event-store.ts'
import type { ProjectionDefinition } from './define-projection.ts'

/** What travels to a projection: the types it handles, or everything people did, refusals included. */
export function projectionFilter(definition: ProjectionDefinition): EventFilter {
  const types = definition.on.map((entry) => entry.type)
  if (types.includes('*')) return { on: 'stream', regex: '^(?!changes-|jobs-|\\$|peek\\.)' }
  return { on: 'type', prefixes: types }
}
