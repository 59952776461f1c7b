import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import { wireErrorSchema } from '#vortex/protocol/wire-error.ts'
import { checkOutput } from './check-call.ts'
import type { RpcDefinition } from './define-rpc.ts'
import type { RpcOutcome } from './rpc.ts'
import { fromWireError, RpcFailure } from './rpc-failure.ts'

const outcomesSchema = v.array(
  v.object({
    from: v.object({ instance: v.string(), name: v.string(), zone: v.string() }),
    output: v.optional(v.unknown()),
    error: v.optional(wireErrorSchema),
  }),
)

/** What came back from all that listen. Throws `failed` when it is no such list. */
export function parseOutcomes<O extends Fields>(
  rpc: RpcDefinition<Fields, O>,
  body: string,
): readonly RpcOutcome<FieldValues<O>>[] {
  const parsed = parseWith(outcomesSchema, tryParseJson(body))
  if (!parsed.ok) throw new RpcFailure(rpc.name, 'failed', `Logic answered in another form: ${parsed.words}.`)
  return parsed.value.map(({ from, output, error }) => {
    if (error) return { from, ok: false, failure: fromWireError(rpc.name, error) }
    try {
      return { from, ok: true, output: checkOutput(rpc, output) }
    } catch (failure) {
      if (failure instanceof RpcFailure) return { from, ok: false, failure }
      throw failure
    }
  })
}
