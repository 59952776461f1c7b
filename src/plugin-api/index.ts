/** The door for plugin authors: every name a plugin's server parts may use. */
export {
  accept,
  acceptChanged,
  type Decider,
  type Decision,
  decideOn,
  defineDecider,
  evolveOn,
  fact,
  reject,
} from '#action/decider.ts'
export { type ActionDefinition, defineAction, defineEvent, type EventDefinition } from '#action/define-action.ts'
export { answerHelp, askForHelp } from '#action/help-actions.ts'
export type { EventSchema, Upcast } from '#event-store/upcast.ts'
export { jobEventSchemas } from '#job/job-events.ts'
export { type JobContext, type JobHandler, runJob } from '#job/job-handler.ts'
export { jobQueueEventSchemas } from '#job/job-queue-events.ts'
export { JobFailure, type Jobs, type SubmitOptions, type SubmittedJob } from '#job/jobs.ts'
export type { Json, JsonObject } from '#kernel/json.ts'
export { defineObservable, type ObservableDefinition } from '#observable/source/define-observable.ts'
export {
  type ChangesOf,
  defineProjection,
  type ProjectedEvent,
  type ProjectionDefinition,
} from '#projection/define-projection.ts'
export { defineReadModel, type ReadModel } from '#projection/read-model.ts'
export { defineReactor, type ReactorDefinition, type RetryPolicy } from '#reactor/define-reactor.ts'
export type { Effects, Pushed } from '#reactor/effects.ts'
export type { RestMethod, RestRequest, RestRoute } from '#rest/define-rest-route.ts'
export { RestFailure, type RestFailureKind } from '#rest/rest-failure.ts'
export { record } from '#rest/rest-shape.ts'
export { answerRpc, type Rpc, type RpcCall, type RpcHandler, type RpcOutcome } from '#rpc/rpc.ts'
export { RpcFailure, type RpcFailureKind } from '#rpc/rpc-failure.ts'
export { instant as instantColumn } from '#storage/instant.ts'
export { defineTuple, type TupleDefinition, type TupleOf } from '#vortex/protocol/tuple.ts'
export {
  type AgentPart,
  defineAgentPart,
  defineFieldPart,
  defineOfficePart,
  defineWorkerPart,
  type GatewayPart,
  type WorkerPart,
} from './define-parts.ts'
export {
  defineLogicPart,
  definePlugin,
  type LogicPart,
  type PluginDefinition,
  type SeedAction,
  seedAction,
} from './define-plugin.ts'
export { defineRestRoute } from './define-rest.ts'
export {
  type ActionQueue,
  type AgentContext,
  defineSettings,
  type GatewayContext,
  type LogicContext,
  type PartContext,
  type PartRoutes,
  type Settings,
  type SettingsDefinition,
  type WorkerContext,
} from './part-context.ts'
