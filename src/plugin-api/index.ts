/** The door for plugin authors: every name a plugin's server parts may use. */
export {
  accept,
  type Decider,
  type Decision,
  decideOn,
  defineDecider,
  evolveOn,
  fact,
  reject,
} from '#action/decider.ts'
export { type ActionDefinition, defineAction, defineEvent, type EventDefinition } from '#action/define-action.ts'
export type { EventSchema, Upcast } from '#event-store/upcast.ts'
export type { Json, JsonObject } from '#kernel/json.ts'
export { defineObservable, type ObservableDefinition } from '#observable/source/define-observable.ts'
export {
  defineProjection,
  type ProjectedEvent,
  type ProjectionDefinition,
} from '#projection/define-projection.ts'
export { defineReadModel, type ReadModel } from '#projection/read-model.ts'
export { defineReactor, type ReactorDefinition, type RetryPolicy } from '#reactor/define-reactor.ts'
export type { Effects, Pushed } from '#reactor/effects.ts'
export { instant as instantColumn } from '#storage/instant.ts'
export { defineTuple, type TupleDefinition, type TupleOf } from '#vortex/protocol/tuple.ts'
export {
  defineLogicPart,
  definePlugin,
  type LogicPart,
  type PluginDefinition,
  type SeedAction,
  seedAction,
} from './define-plugin.ts'
