import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
  type IBackoff,
  type IBackoffFactory,
  retry,
  TaskCancelledError,
} from 'cockatiel'
import { backOffMs } from '#kernel/back-off.ts'
import type { Log } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { type CallFigures, createCallRecorder } from './call-figures.ts'
import { isOutsideFailure, OutsideFailure, withDoubt } from './outside-failure.ts'

/** What a part lends to a client: its log, and the signal and the end that bound the client's life. */
export type OutsideContext = {
  readonly log: Log
  readonly signal: AbortSignal
  onStop(work: () => Promise<void> | void): void
}

/** How patient a client is; every one of them has a default. */
export type Patience = {
  /** One try, and the call as a whole with its tries and pauses. */
  readonly tryTimeoutMs?: number
  readonly deadlineMs?: number
  /** Further tries of what may be repeated. */
  readonly retryCountMax?: number
  readonly firstRetryDelayMs?: number
  readonly retryDelayMsMax?: number
  /** After this many failures of the system in a row it is left alone for `breakerPauseMs`, then one call tries it. */
  readonly breakerFailureCountMax?: number
  readonly breakerPauseMs?: number
  /** Calls at once; further ones wait in order, and beyond `waitingCountMax` are refused. */
  readonly callCountMax?: number
  readonly waitingCountMax?: number
}
const defaultPatience = {
  tryTimeoutMs: 15_000,
  deadlineMs: 60_000,
  retryCountMax: 3,
  firstRetryDelayMs: 250,
  retryDelayMsMax: 10_000,
  breakerFailureCountMax: 5,
  breakerPauseMs: 10_000,
  callCountMax: 16,
  waitingCountMax: 1_000,
} as const

export type GuardedCall = {
  /** For errors: what was done, without secrets. */
  readonly what: string
  /** Doing it twice is the same as once. What for sure did nothing is tried again in any case. */
  readonly isRepeatable: boolean
  readonly signal?: AbortSignal | undefined
  readonly tryTimeoutMs?: number | undefined
  readonly deadlineMs?: number | undefined
}

/**
 * What stands between a plugin and every outside system.
 *
 * Promises: a call ends by its deadline, by its signal or with its part, whatever the far side does; only what may be
 * repeated, or did nothing for sure, is tried again, with growing pauses and not before the system asked for; a system that
 * keeps failing is left alone; `OutsideFailure` is all it rejects with, and our own bugs.
 * Asks: `work` stops soon after its signal is aborted, and throws `OutsideFailure`.
 */
export interface Guard {
  run<T>(call: GuardedCall, work: (signal: AbortSignal) => Promise<T>): Promise<T>
  figures(): CallFigures
}

const breakerStates = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'trying',
  [CircuitState.Isolated]: 'open',
} as const

export function createGuard(options: { system: string; context: OutsideContext; patience?: Patience }): Guard {
  const { system, context } = options
  const { log } = context
  const patience = { ...defaultPatience, ...options.patience }
  const recorder = createCallRecorder()
  const room = bulkhead(patience.callCountMax, patience.waitingCountMax)
  const breaker = circuitBreaker(handleWhen(isAgainst), {
    halfOpenAfter: makePause(patience.breakerPauseMs),
    breaker: new ConsecutiveBreaker(patience.breakerFailureCountMax),
  })
  const repeatable = makeRetry((failure) => failure.isTransient)
  const unrepeatable = makeRetry((failure) => failure.isTransient && failure.effect === 'none')
  breaker.onBreak(() =>
    log.warning(`${system} fails again and again and is left alone for ${patience.breakerPauseMs} ms`),
  )
  breaker.onReset(() => log.info(`${system} works again`))

  return { run, figures: () => recorder.figures(system, breakerStates[breaker.state]) }

  async function run<T>(call: GuardedCall, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    recorder.begin()
    try {
      const result = await runWithin(call, work)
      recorder.end(performance.now() - startedAt)
      return result
    } catch (error) {
      const { kind, message: words } = isOutsideFailure(error)
        ? error
        : { kind: 'failed' as const, message: 'our own bug' }
      recorder.end(performance.now() - startedAt, { at: Date.now(), kind, words })
      throw error
    }
  }

  async function runWithin<T>(call: GuardedCall, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { deadlineMs = patience.deadlineMs, tryTimeoutMs = patience.tryTimeoutMs } = call
    const given = call.signal ? [context.signal, call.signal] : [context.signal]
    /** A try is under way, or ended without our knowing what it did. */
    let mayHaveEffect = false
    const whole = limit(given, deadlineMs, (kind) => toLate(call, kind, deadlineMs, mayHaveEffect))
    let lastFailure: unknown
    const once = async (): Promise<T> => {
      // It may have waited: for its turn, for its next try, for another call that finds out whether the system is back.
      whole.signal.throwIfAborted()
      const one = limit([whole.signal], tryTimeoutMs, (kind) => toLate(call, kind, tryTimeoutMs, true))
      const mightBefore = mayHaveEffect
      mayHaveEffect = true
      try {
        return await Promise.race([work(one.signal), one.ended])
      } catch (error) {
        if (isOutsideFailure(error) && error.effect === 'none') mayHaveEffect = mightBefore
        lastFailure = error
        throw error
      } finally {
        one.clear()
      }
    }
    const tries = call.isRepeatable ? repeatable : unrepeatable
    try {
      whole.signal.throwIfAborted()
      const all = room.execute(() => tries.execute(() => breaker.execute(once), whole.signal), whole.signal)
      return await Promise.race([all, whole.ended])
    } catch (error) {
      const failure = mayHaveEffect && error instanceof BrokenCircuitError ? lastFailure : error
      throw toFailure(failure, call, mayHaveEffect)
    } finally {
      whole.clear()
    }
  }

  function makeRetry(mayRetry: (failure: OutsideFailure) => boolean) {
    const policy = retry(
      handleWhen((error) => isOutsideFailure(error) && error.kind !== 'paused' && mayRetry(error) && isSoon(error)),
      {
        maxAttempts: patience.retryCountMax,
        backoff: new DelegateBackoff(({ attempt, result }) => pauseMs(attempt, result)),
      },
    )
    policy.onRetry(() => recorder.retry())
    return policy
  }

  function isSoon({ retryAfterMs }: OutsideFailure): boolean {
    return retryAfterMs === undefined || retryAfterMs <= patience.retryDelayMsMax
  }

  function pauseMs(attempt: number, result: object): number {
    const error = 'error' in result ? result.error : undefined
    const askedMs = isOutsideFailure(error) ? (error.retryAfterMs ?? 0) : 0
    const { firstRetryDelayMs, retryDelayMsMax } = patience
    return Math.max(askedMs, backOffMs(attempt - 1, systemRandom, firstRetryDelayMs, retryDelayMsMax))
  }

  function toLate(
    { what }: GuardedCall,
    kind: 'timeout' | 'cancelled',
    limitMs: number,
    mayHaveEffect: boolean,
  ): OutsideFailure {
    const known = mayHaveEffect ? 'whether it was done is not known.' : 'it was not done.'
    const words =
      kind === 'timeout'
        ? `${what} gave no answer within ${limitMs} ms; ${known}`
        : `${what} was given up because nobody waits for it any more; ${known}`
    return new OutsideFailure(system, kind, words, { effect: mayHaveEffect ? 'unknown' : 'none', facts: { what } })
  }

  function toFailure(error: unknown, call: GuardedCall, mayHaveEffect: boolean): unknown {
    if (error instanceof BrokenCircuitError) {
      const last = lastOf(breaker.lastFailure)
      const because = isOutsideFailure(last) ? ` Last: ${last.message}` : ''
      const words = `${call.what} was not tried: the system failed ${patience.breakerFailureCountMax} times in a row and is left alone for ${patience.breakerPauseMs} ms.${because}`
      return new OutsideFailure(system, 'paused', words, { effect: 'none', retryAfterMs: patience.breakerPauseMs })
    }
    if (error instanceof BulkheadRejectedError) {
      const words = `${call.what} was not tried: ${patience.callCountMax} calls run and ${patience.waitingCountMax} wait already.`
      return new OutsideFailure(system, 'too-many', words, { effect: 'none' })
    }
    if (isOutsideFailure(error)) return mayHaveEffect ? withDoubt(error) : error
    const isAborted = error instanceof TaskCancelledError || (error instanceof Error && error.name === 'AbortError')
    return isAborted ? toLate(call, 'cancelled', 0, mayHaveEffect) : error
  }

  /** One call finds out whether the system is back: when that is given up, nobody knows. */
  function isAgainst(error: unknown): boolean {
    return isOutage(error) || (breaker.state === CircuitState.HalfOpen && isOutsideFailure(error, 'cancelled'))
  }
}

/** The system itself is in trouble, and not only this call. */
function isOutage(error: unknown): boolean {
  return (
    isOutsideFailure(error) && ['unreachable', 'timeout', 'busy', 'failed'].includes(error.kind) && error.isTransient
  )
}

function lastOf(reason: object | undefined): unknown {
  return reason && 'error' in reason ? reason.error : undefined
}

/** The library asks whether as much wall time has passed; a clock that is set back would hold it up as long as that. */
function makePause(pauseMs: number): IBackoffFactory<object> {
  const next = (): IBackoff<object> => {
    const overAt = performance.now() + pauseMs
    return {
      get duration() {
        return performance.now() < overAt ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
      },
      next,
    }
  }
  return { next }
}

/** A signal that ends with any of the given ones or after a time, and a promise that rejects then. */
function limit(
  given: readonly AbortSignal[],
  limitMs: number,
  toError: (kind: 'timeout' | 'cancelled') => OutsideFailure,
): { readonly signal: AbortSignal; readonly ended: Promise<never>; clear(): void } {
  const controller = new AbortController()
  const { promise: ended, reject } = Promise.withResolvers<never>()
  // Nobody may wait for it.
  ended.catch(() => undefined)
  const end = (error: unknown): void => {
    reject(error)
    controller.abort(error)
  }
  const onAbort = (event: { target: unknown }): void => {
    const reason: unknown = event.target instanceof AbortSignal ? event.target.reason : undefined
    end(isOutsideFailure(reason) ? reason : toError('cancelled'))
  }
  const timer = setTimeout(() => end(toError('timeout')), limitMs)
  for (const signal of given) {
    if (signal.aborted) onAbort({ target: signal })
    signal.addEventListener('abort', onAbort, { once: true })
  }
  return {
    signal: controller.signal,
    ended,
    clear: () => {
      clearTimeout(timer)
      for (const signal of given) signal.removeEventListener('abort', onAbort)
    },
  }
}
