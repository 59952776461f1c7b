import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { type CancelSignal, type CancelSource, createCancelSource } from '#vortex/calling/cancel.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import type { CallTarget } from '#vortex/protocol/call.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import type { CallFigures, ListenerLabel } from './call-figures.ts'
import type { CallListener, CallPart } from './call-listener.ts'
import { decodeOutput, encodeInput, findWrongCaller, findWrongTimeout } from './check-call.ts'
import type { RpcDefinition, RpcListener, RpcTarget } from './define-rpc.ts'
import { parseOutcomes } from './parse-outcomes.ts'
import type { Rpc, RpcHandler, RpcOptions } from './rpc.ts'
import { fromWireError, RpcFailure } from './rpc-failure.ts'

/** A call on its way out of a part: to logic's hub, or to a listener in this process. */
export type OutgoingCall = {
  readonly name: string
  readonly to: CallTarget
  readonly deadlineMs: number
  readonly ordered: boolean
  readonly signal: CancelSignal
}

type DeskOptions = {
  readonly self: ListenerLabel
  readonly listener: CallListener
  readonly figures: CallFigures
  readonly clock: Clock
  readonly log: Log
  /** Resolves with the output as JSON; rejects with `RpcFailure` or `RequestFailure`. */
  readonly transmit: (call: OutgoingCall, body: string) => Promise<string>
  readonly setStarting: (isStarting: boolean) => void
}

/** So many calls of one part may wait at once. */
const waitingCallsMax = 10_000

/**
 * Calls of one service process: where its parts call from, and where they are called.
 *
 * Promises: a call out of a part is checked before it leaves, a call to a part before its handler runs, also when both are
 * here; what a part has under way is given up when its `signal` is aborted.
 */
export interface RpcDesk {
  callerOf(part: CallPart): Rpc
  /**
   * From now on these are answered here, until what is given back is called: it resolves when none is at work any more.
   * Throws `bad-definition` for a call of another plugin or service, or one that has a handler already.
   */
  listen(part: CallPart, handlers: readonly RpcHandler[]): () => Promise<void>
  /**
   * Whether parts are being loaded or started here; it begins as true. As long as it is, a call to something that nobody
   * listens to yet waits for it, until its deadline.
   */
  setStarting(isStarting: boolean): void
}

export function createRpcDesk(options: DeskOptions): RpcDesk {
  return {
    setStarting: options.setStarting,
    listen: (part, handlers) => options.listener.add(part, handlers),
    callerOf: (part) => createCaller(options, part),
  }
}

function createCaller(options: DeskOptions, { signal: stopping, log }: CallPart): Rpc {
  const { self, figures, transmit } = options
  const underWay = new Set<CancelSource>()
  const giveUpAll = () => {
    for (const source of [...underWay]) source.abort()
  }
  stopping.addEventListener('abort', giveUpAll, { once: true })

  return {
    call: (rpc, input, callOptions = {}) => call(rpc, input, callOptions, false, (body) => decode(rpc, body)),
    callAll: (rpc, input, callOptions = {}) => call(rpc, input, callOptions, true, (body) => parseOutcomes(rpc, body)),
  }

  function decode<O extends Fields>(rpc: RpcDefinition<Fields, O>, body: string): FieldValues<O> {
    log.debug(`Received RPC result for ${rpc.name}`)
    return decodeOutput(rpc, body)
  }

  async function call<T>(
    rpc: RpcDefinition,
    input: unknown,
    asked: RpcOptions,
    all: boolean,
    read: (body: string) => T,
  ): Promise<T> {
    const { name, ordered } = rpc
    const source = createCancelSource()
    const cancel = () => source.abort()
    try {
      const body = check(rpc, input, asked)
      log.debug(`Calling RPC ${name}`)
      underWay.add(source)
      asked.signal?.addEventListener('abort', cancel)
      const to = toTarget(rpc.listensOn, asked.to, all)
      const deadlineMs = asked.timeoutMs ?? rpc.timeoutMs
      return read(await transmit({ name, to, deadlineMs, ordered, signal: source }, body))
    } catch (thrown) {
      throw toFailure(name, thrown, source, asked)
    } finally {
      underWay.delete(source)
      asked.signal?.removeEventListener('abort', cancel)
    }
  }

  /** What can be known to be wrong before anything is sent. */
  function check(rpc: RpcDefinition, input: unknown, { timeoutMs, signal }: RpcOptions): string {
    const { name } = rpc
    try {
      if (stopping.aborted) throw new RpcFailure(name, 'unavailable', `The part that calls "${name}" has stopped.`)
      if (signal?.aborted) throw new RpcFailure(name, 'cancelled', `"${name}" was cancelled before it was called.`)
      if (underWay.size >= waitingCallsMax) {
        throw new RpcFailure(name, 'too-many', `"${name}" was not called: ${underWay.size} calls wait already.`)
      }
      const refusal =
        findWrongTimeout(name, timeoutMs ?? rpc.timeoutMs) ?? findWrongCaller(name, rpc.acceptsFrom, self.role)
      if (refusal) throw refusal
      return encodeInput(rpc, input)
    } catch (thrown) {
      if (thrown instanceof RpcFailure) figures.refused(thrown)
      throw thrown
    }
  }

  function toFailure(name: string, thrown: unknown, source: CancelSource, { signal }: RpcOptions): RpcFailure {
    if (source.aborted && stopping.aborted) {
      return new RpcFailure(name, 'unavailable', `The part that called "${name}" stopped before the answer.`)
    }
    if (signal?.aborted) return new RpcFailure(name, 'cancelled', `"${name}" was cancelled.`)
    if (thrown instanceof RpcFailure) return thrown
    if (thrown instanceof RequestFailure) return fromWireError(name, thrown.error)
    options.log.error(`A call of ${name} failed.`, { error: thrown })
    return new RpcFailure(name, 'failed', `"${name}" could not be called; the log of this service says why.`)
  }
}

function toTarget(role: RpcListener, to: RpcTarget = 'any', all: boolean): CallTarget {
  if (to === 'any') return all ? { role, all } : { role }
  return all ? { role, ...to, all } : { role, ...to }
}
