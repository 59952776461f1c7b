import type { JobHandler } from '#job/job-handler.ts'
import { checkRoutes, type RestRoute } from '#rest/define-rest-route.ts'
import type { AgentContext, GatewayContext, PartRoutes, PartRpcs, StartPart, WorkerContext } from './part-context.ts'

/** What every part may have: calls it answers, routes on its service's site, and what it begins when it starts. */
type CommonPart<C> = {
  readonly rpcs: PartRpcs<C>
  readonly routes: PartRoutes<C> | undefined
  readonly start: StartPart<C> | undefined
}
type Common<C> = { readonly [K in keyof CommonPart<C>]?: NonNullable<CommonPart<C>[K]> }

/** A plugin's part on field or on office. */
export type GatewayPart = CommonPart<GatewayContext> & { readonly kind: 'field' | 'office' }
/** A plugin's part on an agent: outside systems. */
export type AgentPart = CommonPart<AgentContext> & {
  readonly kind: 'agent'
  /** What programs outside may ask, with a key: documented at `/p/<plugin>/docs`. */
  readonly rest: readonly RestRoute<AgentContext>[]
}
/** A plugin's part on a worker: the code of its jobs. Each job runs in a process of its own, which loads this part and never starts it. */
export type WorkerPart = CommonPart<WorkerContext> & { readonly kind: 'worker'; readonly jobs: readonly JobHandler[] }

export function defineFieldPart(part: Common<GatewayContext>): GatewayPart {
  return { kind: 'field', ...common(part) }
}

export function defineOfficePart(part: Common<GatewayContext>): GatewayPart {
  return { kind: 'office', ...common(part) }
}

export function defineAgentPart(
  part: Common<AgentContext> & { readonly rest?: readonly RestRoute<AgentContext>[] },
): AgentPart {
  return { kind: 'agent', ...common(part), rest: checkRoutes(part.rest ?? []) }
}

export function defineWorkerPart(part: Common<WorkerContext> & { readonly jobs?: readonly JobHandler[] }): WorkerPart {
  return { kind: 'worker', ...common(part), jobs: part.jobs ?? [] }
}

function common<C>({ rpcs = [], routes, start }: Common<C>): CommonPart<C> {
  return { rpcs, routes, start }
}
