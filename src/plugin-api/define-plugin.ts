import type { Decider } from '#action/decider.ts'
import type { ActionDefinition, EventDefinition } from '#action/define-action.ts'
import type { EventSchema } from '#event-store/upcast.ts'
import type { JsonObject } from '#kernel/json.ts'
import type { ObservableDefinition } from '#observable/source/define-observable.ts'
import type { ProjectionDefinition } from '#projection/define-projection.ts'
import type { ReactorDefinition } from '#reactor/define-reactor.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import { handledSchemas } from './handled-schemas.ts'

/** An action the plugin itself wants pushed, such as a first row. The id is fixed, so that it takes effect once ever. */
export type SeedAction = {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly fields: JsonObject
}

/** What a plugin does on logic: the business, its read models, and what may be watched. All declared, nothing run. */
export type LogicPart = {
  readonly kind: 'logic'
  /** Facts it records, or once recorded, that none of its deciders, projections and reactors reads. */
  readonly events: readonly EventDefinition[]
  readonly deciders: readonly Decider<unknown>[]
  readonly projections: readonly ProjectionDefinition[]
  readonly observables: readonly ObservableDefinition[]
  /** What else should be done about its events: effects, and further actions. */
  readonly reactors: readonly ReactorDefinition[]
  /** How older versions of its events become today's; those at version 1 need none. */
  readonly eventSchemas: readonly EventSchema[]
  /** Pushed at every start; each takes effect the first time only. */
  readonly seed: readonly SeedAction[]
}

export function defineLogicPart(part: {
  readonly events?: readonly EventDefinition[]
  readonly deciders?: readonly Decider<unknown>[]
  readonly projections?: readonly ProjectionDefinition[]
  readonly observables?: readonly ObservableDefinition[]
  readonly reactors?: readonly ReactorDefinition[]
  readonly eventSchemas?: readonly EventSchema[]
  readonly seed?: readonly SeedAction[]
}): LogicPart {
  const {
    events = [],
    deciders = [],
    projections = [],
    observables = [],
    reactors = [],
    eventSchemas = [],
    seed = [],
  } = part
  return {
    kind: 'logic',
    events,
    deciders,
    projections,
    observables,
    reactors,
    eventSchemas: [...eventSchemas, ...handledSchemas({ events, deciders, projections, reactors }, eventSchemas)],
    seed,
  }
}

/** The first action of something that should be there from the start. */
export function seedAction<F extends Fields>(
  id: string,
  action: ActionDefinition<F>,
  fields: FieldValues<F>,
): SeedAction {
  return { id, name: action.name, version: action.version, fields: fields as JsonObject }
}

/** A plugin: its parts, each loaded only in the service that runs it. */
export type PluginDefinition = {
  readonly id: string
  readonly parts: { readonly logic?: () => Promise<LogicPart> }
}

export function definePlugin(plugin: PluginDefinition): PluginDefinition {
  return plugin
}
