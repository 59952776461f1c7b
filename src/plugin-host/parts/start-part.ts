import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ContextOf, PartOf, PartService } from '#plugin-api/define-plugin.ts'
import type { PartRoutes, PartRpcs, StartPart } from '#plugin-api/part-context.ts'
import type { DiscoveredPlugin } from '../discover-plugins.ts'
import { checkRpcs } from '../load-part.ts'
import { makePartContext } from './make-part-context.ts'
import type { PartPorts } from './part-ports.ts'
import { type FetchPart, makePartRoutes } from './part-routes.ts'
import type { PartScope } from './part-scope.ts'

/** A part that runs. */
export type RunningPart<S extends PartService> = {
  readonly plugin: DiscoveredPlugin
  readonly part: PartOf[S]
  readonly context: ContextOf[S]
  /** Its routes; undefined when it has none. */
  readonly fetch: FetchPart | undefined
}

export type StartPartOptions<S extends PartService> = {
  readonly service: S
  readonly plugin: DiscoveredPlugin
  readonly part: PartOf[S]
  readonly scope: PartScope
  readonly ports: PartPorts<S>
  /** Where the routes stand on the site. */
  readonly path: string
  readonly filesFolder: string
  readonly startMsMax: number
  /** Aborted when the start is no longer wanted. */
  readonly abort: AbortSignal
  readonly clock: Clock
  /** Named after plugin and service. */
  readonly log: Log
}

/**
 * Makes a part's context, then starts it, then lets calls and requests in. Rejects with the cause when that fails; whoever
 * made the scope ends it.
 */
export async function startPart<S extends PartService>(options: StartPartOptions<S>): Promise<RunningPart<S>> {
  const { plugin, part, scope, ports, log, path, filesFolder } = options
  const { signal } = scope
  const handle = { plugin: plugin.manifest.id, log, signal }
  const context = ports.complete(makePartContext({ handle, scope, ports, filesFolder }), plugin, part)
  const { rpcs, routes, start } = toRunnable<S>(part)
  await inTime(options, 'its start did not end', () => scope.track('its start', () => start?.(context)))
  const first = ports.serve?.(plugin, part, context)
  const fetch = routes || first ? makePartRoutes({ first, routes, context, path, scope, log }) : undefined
  const handlers = typeof rpcs === 'function' ? rpcs(context) : rpcs
  checkRpcs(handle.plugin, options.service, handlers)
  if (handlers.length > 0) {
    const stopListening = ports.rpc.listen(handle, handlers)
    signal.addEventListener('abort', () => void scope.attempt('calls under way', stopListening), { once: true })
  }
  return { plugin, part, context, fetch }
}

type Runnable<C> = {
  readonly rpcs: PartRpcs<C>
  readonly routes: PartRoutes<C> | undefined
  readonly start: StartPart<C> | undefined
}

/** A part and its context belong to the same service; a type that depends on the service cannot say so by itself. */
function toRunnable<S extends PartService>(part: PartOf[S]): Runnable<ContextOf[S]> {
  return part as Runnable<ContextOf[S]>
}

/** What takes too long, or is not wanted any more, is given up; what a start still does is found by the end of the scope. */
export async function inTime<T>(
  { startMsMax, abort, clock }: Pick<StartPartOptions<PartService>, 'startMsMax' | 'abort' | 'clock'>,
  failure: string,
  work: () => Promise<T>,
): Promise<T> {
  let cancel = (): void => undefined
  let giveUp = (): void => undefined
  const over = new Promise<never>((_, reject) => {
    cancel = clock.after(startMsMax, () =>
      reject(new PlatformError('timeout', `${failure} within ${startMsMax / 1_000} s`)),
    )
    giveUp = () => reject(new PlatformError('unavailable', 'it was stopped while it started'))
    if (abort.aborted) giveUp()
    abort.addEventListener('abort', giveUp, { once: true })
  })
  try {
    return await Promise.race([work(), over])
  } finally {
    cancel()
    abort.removeEventListener('abort', giveUp)
  }
}
