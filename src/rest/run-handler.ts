import type { Clock } from '#kernel/clock.ts'
import type { RestRequest, RestRoute } from './define-rest-route.ts'
import { RestFailure } from './rest-failure.ts'

/**
 * Runs the handlers of one part, each for as long as its route says and no longer than the part.
 *
 * Promises: settles at once when the time is up or the part stops, whatever the handler does; its `signal` is aborted then.
 */
export type RunHandler<C> = (route: RestRoute<C>, request: Omit<RestRequest, 'signal'>) => Promise<object> | object

export function createHandlerRunner<C>(options: {
  readonly context: C
  /** Aborted when the part stops. */
  readonly signal: AbortSignal
  readonly clock: Clock
}): RunHandler<C> {
  const { context, signal, clock } = options
  const underWay = new Set<(why: unknown) => void>()
  // One listener for all of them: one a request, on a signal that lives as long as the part, costs more than the request.
  signal.addEventListener('abort', () => {
    for (const giveUp of underWay) giveUp(signal.reason)
  })

  const finish = async (route: RestRoute<C>, handling: Promise<object>, turn: Turn): Promise<object> => {
    const cancel = clock.after(route.timeoutMs, () => turn.giveUp(tooLate(route.timeoutMs)))
    underWay.add(turn.giveUp)
    try {
      return await Promise.race([handling, turn.over])
    } finally {
      cancel()
      underWay.delete(turn.giveUp)
    }
  }
  return (route, request) => {
    signal.throwIfAborted()
    const turn = startTurn()
    const given: RestRequest = {
      ...request,
      get signal() {
        return turn.signal()
      },
    }
    const returned = route.handle(given, context)
    return returned instanceof Promise ? finish(route, returned, turn) : returned
  }
}

/** Of one handler; most never look at their signal, so that it is made only for those that do. */
type Turn = {
  signal(): AbortSignal
  giveUp(why: unknown): void
  /** Rejects when it was given up. */
  readonly over: Promise<never>
}

function startTurn(): Turn {
  const { promise: over, reject } = Promise.withResolvers<never>()
  let gaveUp: { readonly why: unknown } | undefined
  let controller: AbortController | undefined
  return {
    signal: () => {
      if (!controller) {
        controller = new AbortController()
        if (gaveUp) controller.abort(gaveUp.why)
      }
      return controller.signal
    },
    giveUp: (why) => {
      gaveUp = { why }
      // First, so that this is what is answered, whatever the handler throws when its signal is aborted.
      reject(why)
      controller?.abort(why)
    },
    over,
  }
}

function tooLate(timeoutMs: number): RestFailure {
  return new RestFailure('timeout', `It took longer than ${timeoutMs} ms; whether it was done is not known.`)
}
