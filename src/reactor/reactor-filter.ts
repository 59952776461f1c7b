import type { EventFilter } from '#event-store/event-store.ts'
import type { ReactorDefinition } from './define-reactor.ts'

/** What travels to a reactor: the types it reacts to. A longer type that begins like one of them is left out here. */
export function reactorFilter(definition: ReactorDefinition): EventFilter {
  return { on: 'type', prefixes: definition.on.map((entry) => entry.type) }
}
