import type { PartContext } from '#plugin-api'
import { learningSettings } from '../settings.ts'
import { AddInts, CreateStringInt, UpdateStatus } from '../shared/rpcs.ts'

const firstInt = 5
const roundCount = 5

/** The ids never change, so that however many agents ask however often, there is one row, and none after it was deleted. */
export const createdByAgent = {
  requestId: '3f4f2c1a-6f0f-4b51-9a39-7a1f3c1d0004',
  stringIntId: '7a1c2f7e-2f57-4a8e-9d33-5b0c6f1d0004',
  string1: 'Created from Agent RPC',
  int1: 50,
}

/** Has logic add numbers and a string int, and tells it how that goes. Throws where logic cannot be reached. */
export async function callLogic({ rpc, log, settings }: Pick<PartContext, 'rpc' | 'log' | 'settings'>): Promise<void> {
  const { step } = settings.get(learningSettings)
  await rpc.call(UpdateStatus, { words: 'Agent RPC Example Started' })

  let seedInt = firstInt
  log.debug(`seedInt = ${seedInt}`)
  for (let round = 1; round <= roundCount; round++) {
    const { sum } = await rpc.call(AddInts, { val1: seedInt, val2: step })
    seedInt = sum
    log.debug(`seedInt = ${seedInt}`)
  }

  await rpc.call(CreateStringInt, createdByAgent)
  await rpc.call(UpdateStatus, { words: 'Agent RPC Example Completed' })
}
