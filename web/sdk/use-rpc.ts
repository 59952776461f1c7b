import { type Accessor, createSignal, getOwner, onCleanup } from 'solid-js'
import type { RpcDefinition } from '#rpc/define-rpc.ts'
import { RpcFailure } from '#rpc/rpc-failure.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import type { CallOptions } from './call-sender.ts'
import { usePeek } from './peek-context.ts'

/** Calls of one definition from a screen, and how they stand. */
export type RpcHandle<I extends Fields, O extends Fields> = {
  /** Rejects with `RpcFailure`, whose kind is one of a closed list. What is under way ends with the screen. */
  call(input: FieldValues<I>, options?: CallOptions): Promise<FieldValues<O>>
  /** Whether an answer is waited for. */
  readonly isCalling: Accessor<boolean>
  /** Why the latest call gave no answer; undefined once one was answered. */
  readonly lastFailure: Accessor<RpcFailure | undefined>
}

export function useRpc<I extends Fields, O extends Fields>(rpc: RpcDefinition<I, O>): RpcHandle<I, O> {
  const { calls } = usePeek('useRpc')
  const [callCount, setCallCount] = createSignal(0)
  const [lastFailure, setLastFailure] = createSignal<RpcFailure>()
  const leaving = new AbortController()
  if (getOwner()) onCleanup(() => leaving.abort())

  return {
    isCalling: () => callCount() > 0,
    lastFailure,
    call: async (input, options = {}) => {
      const signal = options.signal ? AbortSignal.any([options.signal, leaving.signal]) : leaving.signal
      setCallCount((count) => count + 1)
      try {
        const output = await calls.call(rpc, input, { ...options, signal })
        setLastFailure(undefined)
        return output
      } catch (thrown) {
        if (thrown instanceof RpcFailure && !leaving.signal.aborted) setLastFailure(thrown)
        throw thrown
      } finally {
        setCallCount((count) => count - 1)
      }
    },
  }
}
