import { tryParseJson } from '#kernel/json.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import { type RpcCaller, type RpcDefinition, rpcTimeoutMsMax } from './define-rpc.ts'
import { RpcFailure } from './rpc-failure.ts'

/** The checks of a call: the same ones where it leaves, on its way, and where it arrives. */

export function findWrongCaller(
  name: string,
  acceptsFrom: readonly RpcCaller[],
  caller: RpcCaller,
): RpcFailure | undefined {
  if (acceptsFrom.includes(caller)) return undefined
  const words = `"${name}" was called by ${caller}, and accepts calls from ${acceptsFrom.join(', ')} only.`
  return new RpcFailure(name, 'wrong-caller', words)
}

/** How long the caller waits. */
export function findWrongTimeout(name: string, timeoutMs: number): RpcFailure | undefined {
  if (timeoutMs >= 1 && timeoutMs <= rpcTimeoutMsMax) return undefined
  return new RpcFailure(
    name,
    'bad-input',
    `"${name}" was called with timeoutMs ${timeoutMs}: wanted 1 to ${rpcTimeoutMsMax}.`,
  )
}

/** The input as it travels. Throws `bad-input`. */
export function encodeInput<I extends Fields>(rpc: RpcDefinition<I>, input: unknown): string {
  const checked = parseWith(rpc.inputSchema, input)
  if (!checked.ok) throw new RpcFailure(rpc.name, 'bad-input', `The input of "${rpc.name}" is wrong: ${checked.words}.`)
  return JSON.stringify(checked.value)
}

/** Throws `bad-input`. */
export function decodeInput(rpc: RpcDefinition, body: string): FieldValues<Fields> {
  const checked = parseWith(rpc.inputSchema, tryParseJson(body))
  if (checked.ok) return checked.value
  throw new RpcFailure(rpc.name, 'bad-input', `The input of "${rpc.name}" is wrong: ${checked.words}.`)
}

/** Throws `failed`: the code that was called gave something else than it promises. */
export function encodeOutput(rpc: RpcDefinition, output: unknown): string {
  const checked = parseWith(rpc.outputSchema, output)
  if (checked.ok) return JSON.stringify(checked.value)
  throw new RpcFailure(rpc.name, 'failed', `The output of "${rpc.name}" does not fit its definition: ${checked.words}.`)
}

/** Throws `failed`: the far side has another idea of the definition. */
export function decodeOutput<O extends Fields>(rpc: RpcDefinition<Fields, O>, body: string): FieldValues<O> {
  return checkOutput(rpc, tryParseJson(body))
}

export function checkOutput<O extends Fields>(rpc: RpcDefinition<Fields, O>, found: unknown): FieldValues<O> {
  const checked = parseWith(rpc.outputSchema, found)
  if (checked.ok) return checked.value
  const words = `The answer of "${rpc.name}" does not fit the definition here: ${checked.words}. Its service may have another version of the plugin.`
  throw new RpcFailure(rpc.name, 'failed', words)
}
