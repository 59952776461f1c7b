import type { Log } from '#kernel/log.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import type { RpcCaller, RpcDefinition, RpcTarget } from './define-rpc.ts'
import type { RpcFailure } from './rpc-failure.ts'

export type RpcOptions = {
  readonly to?: RpcTarget
  readonly timeoutMs?: number
  /** Stops waiting; the far side is told that nobody waits any more. */
  readonly signal?: AbortSignal
}

/** The calling side. Rejects with `RpcFailure`. */
export interface Rpc {
  call<I extends Fields, O extends Fields>(
    rpc: RpcDefinition<I, O>,
    input: FieldValues<I>,
    options?: RpcOptions,
  ): Promise<FieldValues<O>>
  /** Every instance that listens, each with its own outcome; an empty list when none does. */
  callAll<I extends Fields, O extends Fields>(
    rpc: RpcDefinition<I, O>,
    input: FieldValues<I>,
    options?: RpcOptions,
  ): Promise<readonly RpcOutcome<FieldValues<O>>[]>
}

export type RpcListenerInstance = { readonly instance: string; readonly name: string; readonly zone: string }
export type RpcOutcome<T> = { readonly from: RpcListenerInstance } & (
  | { readonly ok: true; readonly output: T }
  | { readonly ok: false; readonly failure: RpcFailure }
)

/** What a handler knows of one call. */
export type RpcCall = {
  readonly from: { readonly caller: RpcCaller; readonly instance: string; readonly name: string }
  /** Who asks, when a person does. */
  readonly by: Principal | undefined
  /** Aborted when nobody waits for the answer any more, and when this part stops. */
  readonly signal: AbortSignal
  /** Milliseconds since 1970. */
  readonly deadlineAt: number
  readonly log: Log
}

/** The listening side of one definition. */
export type RpcHandler = {
  readonly rpc: RpcDefinition
  handle(input: object, call: RpcCall): Promise<object> | object
}

export function answerRpc<I extends Fields, O extends Fields>(
  rpc: RpcDefinition<I, O>,
  handle: (input: FieldValues<I>, call: RpcCall) => Promise<FieldValues<O>> | FieldValues<O>,
): RpcHandler {
  // Whoever runs a handler has checked the input against this same definition.
  return { rpc, handle: (input, call) => handle(input as FieldValues<I>, call) }
}
