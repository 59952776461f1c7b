import type { Hono } from 'hono'
import type { ActionDefinition } from '#action/define-action.ts'
import type { Jobs } from '#job/jobs.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Rpc, RpcHandler } from '#rpc/rpc.ts'
import type { Database } from '#storage/database.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'

/**
 * What a part of a plugin is given when it starts. All of it belongs to the part: what was begun through it ends when the
 * part stops, and a call after that throws `unavailable`.
 */
export type PartContext = {
  readonly plugin: string
  /** Named after plugin and service. */
  readonly log: Log
  readonly clock: Clock
  /** Aborted when the part stops: for `fetch` and the like. */
  readonly signal: AbortSignal
  /** Does the work again and again, never twice at a time; one that fails is logged and the next one comes all the same. */
  every(ms: number, work: () => Promise<void> | void): () => void
  /** Does the work once, later. */
  after(ms: number, work: () => Promise<void> | void): () => void
  /** Runs when the part stops, the last one first; at once when it has stopped meanwhile, and then this throws too. */
  onStop(work: () => Promise<void> | void): void
  /** The plugin's settings, as they are now and whenever they change. */
  readonly settings: Settings
  /** A folder on this machine that is the plugin's own; made when first asked for. */
  files(): string
  /**
   * Where the site of this service process listens, as a program on this machine reaches it; throws `unavailable` before.
   * With `https:` its certificate may name the machine otherwise.
   */
  site(): string
  readonly rpc: Rpc
}

export interface Settings {
  /** Values of today, checked; the defaults where nobody has set any. */
  get<F extends Fields>(definition: SettingsDefinition<F>): FieldValues<F>
  onChange(listener: () => void): () => void
}

/** What an administrator may set for a plugin, with what it is before. Edited on the admin app, kept as events. */
export type SettingsDefinition<F extends Fields = Fields> = {
  readonly kind: 'settings'
  readonly plugin: string
  readonly fields: F
  readonly defaults: FieldValues<F>
  /** One line of help a field. */
  readonly words: { readonly [K in keyof F]: string }
}

export function defineSettings<F extends Fields>(
  plugin: string,
  settings: Omit<SettingsDefinition<F>, 'kind' | 'plugin'>,
): SettingsDefinition<F> {
  return { kind: 'settings', plugin, ...settings }
}

/** Pushing actions from a part. */
export interface ActionPush {
  /**
   * An action of the plugin itself. With an `id` of the caller's a repeat takes effect once (E2); `failed` means: send it
   * again with the same id.
   */
  push<F extends Fields>(
    action: ActionDefinition<F>,
    fields: FieldValues<F>,
    options?: { readonly id?: string; readonly at?: number },
  ): Promise<Answer>
}

/** Actions that wait on the disk of an agent until logic has answered them. */
export interface ActionQueue {
  /**
   * Resolves when it is on the disk: from then on it reaches logic once, whatever is cut or ended on the way; what concerns
   * one entity in the order it was put here, while entities do not wait for each other. With an `id` of the caller's a
   * repeat is the same action. Rejects, with nothing stored, as `bad-input` or `too-large`, as `too-many` or `disk-full`
   * (the queue has bounds, the disk has an end), and as `unavailable` when it is not known whether it was stored.
   */
  put<F extends Fields>(
    action: ActionDefinition<F>,
    fields: FieldValues<F>,
    options?: { readonly id?: string; readonly at?: number },
  ): Promise<{ readonly actionId: string }>
  /**
   * What became of what was put, by now or in an earlier run. One that was refused stays here until a listener has taken
   * it without failing; one that takes its time is waited for. After a sudden end an answer may be told a second time. `failed` comes only for what can never
   * be sent.
   */
  onAnswer(
    listener: (answered: {
      readonly actionId: string
      readonly name: string
      readonly answer: Answer
    }) => Promise<void> | void,
  ): () => void
  waitingCount(): number
}

export type LogicContext = PartContext & ActionPush & { readonly jobs: Jobs; readonly database: Database }
export type GatewayContext = PartContext
export type AgentContext = PartContext & {
  readonly queue: ActionQueue
  /** Name and zone of this agent, as it is configured. */
  readonly agent: { readonly name: string; readonly zone: string }
}
export type WorkerContext = PartContext & { readonly database: Database }

/** Begins what the part does. What it opens by itself it closes in `context.onStop`. */
export type StartPart<C> = (context: C) => Promise<void> | void

/** Routes of the plugin on a service's site, under `/p/<plugin>`; made once, after `start` has resolved. */
export type PartRoutes<C> = (routes: Hono, context: C) => void

/** The calls a part answers: fixed, or made of what the part is given; then they are made once, after `start` has resolved. */
export type PartRpcs<C> = readonly RpcHandler[] | ((context: C) => readonly RpcHandler[])
