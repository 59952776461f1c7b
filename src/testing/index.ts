/** The door for tests, ours and those of plugin authors: specs that read like the business, and fakes that keep promises. */
export { type AppendFault, createFaultyEventStore, type PlannedAppend } from './faulty-event-store.ts'
export { type DecidedSpec, type GivenDecider, given } from './given.ts'
export { action, happened, type PriorEvent, type PushedAction } from './happened.ts'
export { createMemoryEventStore, type MemoryEventStore } from './memory-event-store.ts'
export { type ProjectedSpec, projectionSpec } from './projection-spec.ts'
export { type KeyOf, type ReactedSpec, reactorSpec } from './reactor-spec.ts'
