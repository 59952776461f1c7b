import type * as v from 'valibot'
import { assert } from '#kernel/assert.ts'
import type { calledRoles, callerKinds } from '#vortex/protocol/call.ts'
import { checkedName, type Fields, type FieldValues, toSchema } from '#vortex/protocol/tuple.ts'

/** Services that may listen, and who may call: a service's part, or the screens of an app. */
export type RpcListener = (typeof calledRoles)[number]
export type RpcCaller = (typeof callerKinds)[number]

/**
 * A call from one part of a plugin to another, wherever the other runs. It answers a question or sets something going;
 * data is changed by actions only.
 *
 *     export const AddInts = defineRpc('tutorial.AddInts', {
 *       listensOn: 'logic',
 *       acceptsFrom: ['agent'],
 *       input: { val1: integer(), val2: integer() },
 *       output: { sum: integer() },
 *     })
 */
export type RpcDefinition<I extends Fields = Fields, O extends Fields = Fields> = {
  readonly kind: 'rpc'
  /** `<plugin>.<VerbNoun>`. */
  readonly name: string
  readonly listensOn: RpcListener
  readonly acceptsFrom: readonly RpcCaller[]
  readonly input: I
  readonly output: O
  readonly inputSchema: v.GenericSchema<unknown, FieldValues<I>>
  readonly outputSchema: v.GenericSchema<unknown, FieldValues<O>>
  /** How long a caller waits that says nothing else. */
  readonly timeoutMs: number
  /**
   * Calls of one caller are worked on one after the other, in the order they were made, by one instance: as long as their
   * caller waits for one of them. After one that was late or cancelled the next may go to another instance, while a
   * handler that does not heed its `signal` still works on it.
   */
  readonly ordered: boolean
}

/** Which of the instances that listen: any (the least busy), one by its instance or its configured name, or one of a zone. */
export type RpcTarget = 'any' | { readonly instance: string } | { readonly name: string } | { readonly zone: string }

export const rpcTimeoutMsDefault = 30_000
export const rpcTimeoutMsMax = 600_000

export function defineRpc<I extends Fields, O extends Fields>(
  name: string,
  definition: {
    readonly listensOn: RpcListener
    readonly acceptsFrom: readonly RpcCaller[]
    readonly input: I
    readonly output: O
    readonly timeoutMs?: number
    readonly ordered?: boolean
  },
): RpcDefinition<I, O> {
  const { listensOn, acceptsFrom, input, output, timeoutMs = rpcTimeoutMsDefault, ordered = false } = definition
  assert(acceptsFrom.length > 0, `"${name}" accepts calls from nobody: name at least one caller`)
  assert(
    Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= rpcTimeoutMsMax,
    `"${name}" has timeoutMs ${timeoutMs}: wanted a whole number from 1 to ${rpcTimeoutMsMax}`,
  )
  return {
    kind: 'rpc',
    name: checkedName(name),
    listensOn,
    acceptsFrom,
    input,
    output,
    inputSchema: toSchema(input),
    outputSchema: toSchema(output),
    timeoutMs,
    ordered,
  }
}
