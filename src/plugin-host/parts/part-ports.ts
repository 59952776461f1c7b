import type { JsonObject } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import type { ContextOf, PartOf, PartService } from '#plugin-api/define-plugin.ts'
import type { PartContext } from '#plugin-api/part-context.ts'
import type { Rpc, RpcHandler } from '#rpc/rpc.ts'
import type { DiscoveredPlugin } from '../discover-plugins.ts'

/**
 * What the parts of one service are given by others than the host. The composition root of the service passes it in; the
 * host asks for it anew at each start of a part.
 */
export type PartPorts<S extends PartService> = {
  readonly rpc: RpcPort
  readonly settings: SettingsPort
  /** Of the service's site; undefined as long as it does not listen. */
  siteUrl(): string | undefined
  /**
   * Completes the context with what only parts of this service have. It is called before the part's `start`; what it opens
   * for the part it closes in `context.onStop`, and what it gives throws or rejects with `unavailable` once
   * `context.signal` is aborted.
   */
  complete(context: PartContext, plugin: DiscoveredPlugin, part: PartOf[S]): ContextOf[S]
  /** What this service answers at the part's address beside the part's own routes: asked first, and undefined is for those. */
  serve?(plugin: DiscoveredPlugin, part: PartOf[S], context: ContextOf[S]): FirstFetch | undefined
}

export type FirstFetch = (request: Request) => Promise<Response | undefined>

/** Calls from and to parts of this service. */
export interface RpcPort {
  /** The calling side of one part. When `signal` is aborted, its calls under way are given up and further ones reject. */
  callerOf(part: PartHandle): Rpc
  /**
   * From now on these answer; called once the part has started, and not at all for a part that answers nothing. The function
   * given back ends that: no call is taken any more, and it resolves when none is under way. They learn of the end by
   * `signal`, which is aborted before.
   */
  listen(part: PartHandle, handlers: readonly RpcHandler[]): () => Promise<void>
  /**
   * Whether parts are being loaded, started or restarted; it begins as true, and is true again once all are stopped: another
   * host may follow. As long as it is, a call to something that nobody listens to waits for it.
   */
  setStarting(isStarting: boolean): void
}

export type PartHandle = { readonly plugin: string; readonly log: Log; readonly signal: AbortSignal }

/** What administrators have set, as this service knows it. */
export interface SettingsPort {
  /** What is kept for the plugin, not checked; undefined where nobody has set anything. */
  valuesOf(plugin: string): JsonObject | undefined
  onChange(plugin: string, listener: () => void): () => void
}
