import { decodeOutput, encodeInput, findWrongCaller, findWrongTimeout } from '#rpc/check-call.ts'
import type { RpcDefinition, RpcTarget } from '#rpc/define-rpc.ts'
import { fromWireError, RpcFailure } from '#rpc/rpc-failure.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'

export type CallOptions = {
  readonly to?: RpcTarget
  readonly timeoutMs?: number
  /** Stops waiting; the code that was called hears that nobody waits any more. */
  readonly signal?: AbortSignal
}

/** Calls of a page to the parts of plugins, wherever they run: to those whose definition accepts calls from its app. */
export interface CallSender {
  /** Rejects with `RpcFailure`. */
  call<I extends Fields, O extends Fields>(
    rpc: RpcDefinition<I, O>,
    input: FieldValues<I>,
    options?: CallOptions,
  ): Promise<FieldValues<O>>
}

export function createCallSender(client: Pick<VortexClient, 'ask'>, app: 'field' | 'office' | 'admin'): CallSender {
  return {
    call: async (rpc, input, options = {}) => {
      const { name, ordered } = rpc
      const { signal, to = 'any', timeoutMs = rpc.timeoutMs } = options
      const refusal = findWrongTimeout(name, timeoutMs) ?? findWrongCaller(name, rpc.acceptsFrom, `${app}-app`)
      if (refusal) throw refusal
      try {
        const body = await client.ask(name, encodeInput(rpc, input), timeoutMs, {
          to: { role: rpc.listensOn, ...(to === 'any' ? {} : to) },
          ...(ordered && { ordered, lane: name }),
          ...(signal && { signal }),
        })
        return decodeOutput(rpc, body)
      } catch (thrown) {
        throw toFailure(name, thrown, signal)
      }
    },
  }
}

function toFailure(name: string, thrown: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return new RpcFailure(name, 'cancelled', `"${name}" was cancelled.`)
  return thrown instanceof RequestFailure ? fromWireError(name, thrown.error) : thrown
}
