import type { Decider } from '#action/decider.ts'
import type { ActionDefinition, EventDefinition } from '#action/define-action.ts'
import type { EventSchema } from '#event-store/upcast.ts'
import type { JobDefinition } from '#job/define-job.ts'
import type { JsonObject } from '#kernel/json.ts'
import type { ObservableDefinition } from '#observable/source/define-observable.ts'
import type { ProjectionDefinition } from '#projection/define-projection.ts'
import type { ReactorDefinition } from '#reactor/define-reactor.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import type { AgentPart, GatewayPart, WorkerPart } from './define-parts.ts'
import { handledSchemas } from './handled-schemas.ts'
import type {
  AgentContext,
  GatewayContext,
  LogicContext,
  PartRoutes,
  PartRpcs,
  SettingsDefinition,
  StartPart,
  WorkerContext,
} from './part-context.ts'

/** An action the plugin itself wants pushed, such as a first row. The id is fixed, so that it takes effect once ever. */
export type SeedAction = {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly fields: JsonObject
}

/** What a plugin does on logic: the business, its read models, and what may be watched, all declared; and what it begins. */
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
  /** Calls it answers. */
  readonly rpcs: PartRpcs<LogicContext>
  /** Jobs it may submit; their code is in the plugin's worker part. */
  readonly jobs: readonly JobDefinition[]
  /** What an administrator may set. */
  readonly settings: SettingsDefinition | undefined
  /** On the admin site, for administrators. */
  readonly routes: PartRoutes<LogicContext> | undefined
  /** On the leading logic only. */
  readonly start: StartPart<LogicContext> | undefined
}

export function defineLogicPart(part: {
  readonly events?: readonly EventDefinition[]
  readonly deciders?: readonly Decider<unknown>[]
  readonly projections?: readonly ProjectionDefinition[]
  readonly observables?: readonly ObservableDefinition[]
  readonly reactors?: readonly ReactorDefinition[]
  readonly eventSchemas?: readonly EventSchema[]
  readonly seed?: readonly SeedAction[]
  readonly rpcs?: PartRpcs<LogicContext>
  readonly jobs?: readonly JobDefinition[]
  readonly settings?: SettingsDefinition
  readonly routes?: PartRoutes<LogicContext>
  readonly start?: StartPart<LogicContext>
}): LogicPart {
  const {
    events = [],
    deciders = [],
    projections = [],
    observables = [],
    reactors = [],
    eventSchemas = [],
    seed = [],
    rpcs = [],
    jobs = [],
    settings,
    routes,
    start,
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
    rpcs,
    jobs,
    settings,
    routes,
    start,
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

/** The services a plugin may have a part in, with the part and what it is given there. */
export type PartOf = {
  readonly logic: LogicPart
  readonly field: GatewayPart
  readonly office: GatewayPart
  readonly agent: AgentPart
  readonly worker: WorkerPart
}
export type ContextOf = {
  readonly logic: LogicContext
  readonly field: GatewayContext
  readonly office: GatewayContext
  readonly agent: AgentContext
  readonly worker: WorkerContext
}
export type PartService = keyof PartOf

/** A plugin: its parts, each loaded only in the service that runs it. */
export type PluginDefinition = {
  readonly id: string
  readonly parts: { readonly [S in PartService]?: () => Promise<PartOf[S]> }
}

export function definePlugin(plugin: PluginDefinition): PluginDefinition {
  return plugin
}
