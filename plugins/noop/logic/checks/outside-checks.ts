import { sampleOf } from '../../shared/everything.ts'
import { PutIntoQueue, UseRest } from '../../shared/rpcs.ts'
import { valueBecomes, withCounter } from './action-checks.ts'
import { type Check, expectEqual, expectLines, howToBegin, Mismatch } from './check.ts'

const numbers = [1, 2, 4, 8, 16]
const restSees = [
  'without a key: 401',
  'with a wrong key: 401',
  'with the key: 200 equal',
  'half a number: 422, the field is named',
  'too many: 429, with Retry-After',
]

export const queueCheck: Check = {
  name: 'queue.once',
  deadlineMs: 15_000,
  run: (platform) =>
    withCounter(platform, async (counterId) => {
      const { rpc, signal } = platform
      const { putCount } = await rpc.call(PutIntoQueue, { counterId, numbers }, { signal })
      expectEqual('the number of actions on the disk', numbers.length, putCount)
      await valueBecomes(platform, counterId, 31)
      // The repeat of the last one came before this one: were it to count, the value would be larger.
      await rpc.call(PutIntoQueue, { counterId, numbers: [32] }, { signal })
      await valueBecomes(platform, counterId, 63)
    }),
}

export const restCheck: Check = {
  name: 'rest.own-site',
  deadlineMs: 20_000,
  run: async ({ rpc, newId, key, signal }) => {
    if (key === '') throw new Mismatch(`no key came with the run: ${howToBegin}`)
    const { seen } = await rpc.call(UseRest, { key, ...sampleOf(newId()) }, { signal })
    expectLines('a program outside', restSees, seen)
  },
}
