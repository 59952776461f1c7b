import type { PartContext } from '#plugin-api'
import { tutorialSettings } from '../settings.ts'
import { AddInts, CreateStringInt, UpdateStatus } from '../shared/rpcs.ts'

const firstInt = 5
const roundCount = 5

/** The ids never change, so that however many agents ask however often, there is one row, and none after it was deleted. */
export const createdByAgent = {
  requestId: '0b6e0a4e-6f0f-4b51-9a39-7a1f3c1d0004',
  stringIntId: '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0004',
  string1: 'Created from Agent RPC',
  int1: 50,
}

/** Has logic add numbers and a string int, and tells it how that goes. Throws where logic cannot be reached. */
export async function callLogic({ rpc, log, settings }: Pick<PartContext, 'rpc' | 'log' | 'settings'>): Promise<void> {
  const { step } = settings.get(tutorialSettings)
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
