/** The browser-safe door: what a plugin's `shared/` folder and its screens may use. Shapes and names, no behaviour. */
export { type ActionDefinition, defineAction, defineEvent, type EventDefinition } from '#action/define-action.ts'
export { defineJob, type JobDefinition } from '#job/define-job.ts'
export { defineRpc, type RpcDefinition, type RpcTarget } from '#rpc/define-rpc.ts'
export { type Answer, isFinal } from '#vortex/protocol/answer.ts'
export { type EarlierVersions, earlier } from '#vortex/protocol/earlier-versions.ts'
export { boolean, instant, integer, list, nullable, number, oneOf, text, uuid } from '#vortex/protocol/fields.ts'
export { defineTuple, type TupleDefinition, type TupleOf } from '#vortex/protocol/tuple.ts'
