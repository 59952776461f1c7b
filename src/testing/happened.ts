import type { ActionDefinition, EventDefinition } from '#action/define-action.ts'
import type { JobDefinition } from '#job/define-job.ts'
import type { JsonObject } from '#kernel/json.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'

/** Somebody and some moment, where a spec does not care who and when. */
export const somebody: Principal = { user: 'somebody', device: 'a-device', service: 'field', roles: [] }
export const someInstant = Date.UTC(2026, 0, 1)

/** An action to be pushed, with its fields. */
export type PushedAction = {
  readonly definition: Pick<ActionDefinition, 'name' | 'version'>
  readonly fields: JsonObject
}

export function action<F extends Fields>(definition: ActionDefinition<F>, fields: FieldValues<F>): PushedAction {
  return { definition, fields: fields as JsonObject }
}

/** A job that a reactor submits, among what it pushes. */
export function submitted<I extends Fields>(job: JobDefinition<I>, input: FieldValues<I>): PushedAction {
  return { definition: { name: job.name, version: 1 }, fields: input as JsonObject }
}

/** An action or a fact that was recorded before; who and when may be said where it matters. */
export type PriorEvent = {
  readonly definition: ActionDefinition | EventDefinition
  readonly data: JsonObject
  readonly by: Principal
  readonly at: number
}

export function happened<F extends Fields>(
  definition: ActionDefinition<F> | EventDefinition<F>,
  data: FieldValues<F>,
  context: { readonly by?: Principal; readonly at?: number } = {},
): PriorEvent {
  return { definition, data: data as JsonObject, by: context.by ?? somebody, at: context.at ?? someInstant }
}

/** Frozen to its depths, so that a decider or a projection that changes what it is given is caught. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}

export function showJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
