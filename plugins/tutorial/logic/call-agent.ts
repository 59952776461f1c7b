import type { PartContext } from '#plugin-api'
import { SubtractInts } from '../shared/rpcs.ts'

/** Has an agent subtract. Throws where none can be reached. */
export async function callAgent({ rpc, log }: Pick<PartContext, 'rpc' | 'log'>): Promise<void> {
  const { difference } = await rpc.call(SubtractInts, { val1: 7, val2: 5 })
  log.debug(`seedInt result = ${difference} (should be 2)`)
}
