import type { RpcOutcome } from '#plugin-api'
import type { Service } from '../../shared/services.ts'
import { Mismatch } from './check.ts'
import { describe } from './rpc-checks.ts'

/**
 * What every instance of a service answered. Rejects when there is none, and with the name of the first one that failed:
 * one of several that goes wrong must not hide behind the others.
 */
export async function askEach<T>(
  service: Service,
  asking: Promise<readonly RpcOutcome<T>[]>,
): Promise<readonly { readonly who: string; readonly output: T }[]> {
  const outcomes = await asking.catch((error: unknown) => {
    throw new Mismatch(`${service}: ${describe(error)}`)
  })
  if (outcomes.length === 0) throw new Mismatch(`${service}: no instance answers such calls just now`)
  return outcomes.map((outcome) => {
    const who = `${service} "${outcome.from.name}"`
    if (!outcome.ok) throw new Mismatch(`${who}: ${describe(outcome.failure)}`)
    return { who, output: outcome.output }
  })
}
