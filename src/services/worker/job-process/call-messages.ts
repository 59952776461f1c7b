import * as v from 'valibot'
import { type RpcTarget, rpcTimeoutMsMax } from '#rpc/define-rpc.ts'
import { type RpcFailureKind, rpcFailureKinds } from '#rpc/rpc-failure.ts'
import { calledRoles } from '#vortex/protocol/call.ts'

/**
 * A call out of a job, over the channel of its process: asked there, made by its worker, answered there. A job may send what
 * it likes, so that the worker takes nothing that is not of this form.
 */
export type CallMessage = { readonly kind: 'call'; readonly call: number; readonly asked: AskedCall }
/** Nobody waits for it any more. */
export type CallOffMessage = { readonly kind: 'call-off'; readonly call: number }
export type CallAnswered = { readonly kind: 'answered'; readonly call: number; readonly answer: CallAnswer }

export type AskedCall = {
  readonly name: string
  readonly listensOn: (typeof calledRoles)[number]
  readonly to: RpcTarget
  /** Every instance that listens: the answer is a list. */
  readonly all: boolean
  readonly ordered: boolean
  readonly timeoutMs: number
  /** The input, as JSON. */
  readonly body: string
}
export type CallAnswer =
  | { readonly ok: true; readonly body: string }
  | { readonly ok: false; readonly failure: RpcFailureKind; readonly words: string }

/** Of input or output: what is larger belongs in a file or a table. */
export const callCharsMax = 16 * 1024 * 1024
/** So many calls of one job may wait at once. */
export const waitingCallsMax = 100

const callNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const name = v.pipe(v.string(), v.maxLength(500))
const targetSchema = v.union([
  v.literal('any'),
  v.strictObject({ instance: name }),
  v.strictObject({ name }),
  v.strictObject({ zone: name }),
])
const callSchema = v.strictObject({
  kind: v.literal('call'),
  call: callNumber,
  asked: v.strictObject({
    name,
    listensOn: v.picklist(calledRoles),
    to: targetSchema,
    all: v.boolean(),
    ordered: v.boolean(),
    timeoutMs: v.pipe(v.number(), v.minValue(1), v.maxValue(rpcTimeoutMsMax)),
    body: v.pipe(v.string(), v.maxLength(callCharsMax)),
  }),
})
const callOffSchema = v.strictObject({ kind: v.literal('call-off'), call: callNumber })

export function isCallMessage(found: unknown): found is CallMessage {
  return v.is(callSchema, found)
}

export function isCallOffMessage(found: unknown): found is CallOffMessage {
  return v.is(callOffSchema, found)
}

export function isFailureKind(kind: string): kind is RpcFailureKind {
  return Object.hasOwn(rpcFailureKinds, kind)
}
