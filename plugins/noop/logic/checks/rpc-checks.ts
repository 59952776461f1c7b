import { RpcFailure, type RpcFailureKind } from '#plugin-api'
import type { CheckName } from '../../shared/check-list.ts'
import { sampleOf } from '../../shared/everything.ts'
import { Echo, Relay } from '../../shared/rpcs.ts'
import { type Service, services } from '../../shared/services.ts'
import { type Check, expectEqual, Mismatch } from './check.ts'

/** Every service calls every service, itself too. */
export const directionChecks: readonly Check[] = services.map((from) => ({
  name: `rpc.from-${from}` satisfies CheckName,
  deadlineMs: 20_000,
  run: async ({ rpc, newId, signal }) => {
    const sample = sampleOf(newId())
    const call = (to: Service) =>
      from === 'logic' ? rpc.call(Echo[to], sample, { signal }) : rpc.call(Relay[from], { to, ...sample }, { signal })
    for (const to of services) {
      const found = await call(to).catch((error: unknown) => {
        throw new Mismatch(`from ${from} to ${to}: ${describe(error)}`)
      })
      expectEqual(`from ${from} to ${to} and back`, { ...sample, heardOn: to }, found)
    }
  },
}))

/** The call must fail, in this way and no other; gives back its words. */
export async function expectFailure(what: string, kind: RpcFailureKind, call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error
    if (error.kind === kind) return error.message
    throw new Mismatch(`${what}: wanted the failure "${kind}", found "${error.kind}": ${error.message}`)
  }
  throw new Mismatch(`${what}: wanted the failure "${kind}", and it was answered`)
}

export function describe(error: unknown): string {
  if (error instanceof RpcFailure) return `${error.kind} (${error.message})`
  return error instanceof Error ? error.message : String(error)
}
