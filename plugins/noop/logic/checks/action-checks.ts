import { AddCount, DropCounter, TakeCount } from '../../shared/actions.ts'
import { type Check, type CheckedPlatform, eventuallyEqual, expectEqual } from './check.ts'
import { screenCheck } from './screen-check.ts'

const screenSees = [
  'accepted: accepted',
  'refused: rejected nothing-added',
  'bad input: rejected bad-input',
  'duplicated: the same answer',
  'counted: 112',
]
const watcherSees = [
  'subscribed: 1',
  'changed live: 3',
  'resumed: 7',
  'it came as: resumed',
  'others see: 15',
  'came after unsubscribing: 0',
  'others see when it is dropped: 0',
]

export const actionChecks: readonly Check[] = [
  {
    name: 'action.accepted',
    deadlineMs: 10_000,
    run: (platform) =>
      withCounter(platform, async (counterId) => {
        const answer = await platform.push(AddCount, { counterId, by: 5 })
        expectEqual('the answer', 'accepted', answer.outcome)
        await valueBecomes(platform, counterId, 5)
      }),
  },
  {
    name: 'action.refused',
    deadlineMs: 10_000,
    run: (platform) =>
      withCounter(platform, async (counterId) => {
        await platform.push(AddCount, { counterId, by: 1 })
        const { outcome, kind } = await platform.push(AddCount, { counterId, by: 0 })
        expectEqual('the answer', { outcome: 'rejected', kind: 'nothing-added' }, { outcome, kind })
        const bad = await platform.push(AddCount, { counterId, by: 1.5 })
        expectEqual(
          'the answer to half a number',
          { outcome: 'rejected', kind: 'bad-input' },
          { outcome: bad.outcome, kind: bad.kind },
        )
        await platform.push(AddCount, { counterId, by: 2 })
        await valueBecomes(platform, counterId, 3)
      }),
  },
  {
    name: 'action.duplicated',
    deadlineMs: 10_000,
    run: (platform) =>
      withCounter(platform, async (counterId) => {
        const id = platform.newId()
        const once = await platform.push(AddCount, { counterId, by: 7 }, id)
        const twice = await platform.push(AddCount, { counterId, by: 7 }, id)
        expectEqual('the first answer', 'accepted', once.outcome)
        expectEqual('the second answer', once, twice)
        // Were the repeat to count, this one would come after it.
        await platform.push(AddCount, { counterId, by: 20 })
        await valueBecomes(platform, counterId, 27)
      }),
  },
  {
    name: 'action.changed',
    deadlineMs: 10_000,
    run: (platform) =>
      withCounter(platform, async (counterId) => {
        await platform.push(AddCount, { counterId, by: 5 })
        const id = platform.newId()
        const once = await platform.push(TakeCount, { counterId, by: 9 }, id)
        const changed = 'Only 5 were there, so 5 were taken.'
        expectEqual('the answer', { outcome: 'accepted', changed }, { outcome: once.outcome, changed: once.changed })
        await platform.push(AddCount, { counterId, by: 20 })
        expectEqual('the answer to its repeat', once, await platform.push(TakeCount, { counterId, by: 9 }, id))
        await valueBecomes(platform, counterId, 20)
      }),
  },
  screenCheck({ name: 'action.field-screen', service: 'field', script: 'push', sees: screenSees }),
  screenCheck({ name: 'action.office-screen', service: 'office', script: 'push', sees: screenSees }),
]

export const observationChecks: readonly Check[] = [
  screenCheck({ name: 'observation.field', service: 'field', script: 'watch', sees: watcherSees }),
  screenCheck({ name: 'observation.office', service: 'office', script: 'watch', sees: watcherSees }),
]

export function valueBecomes(platform: CheckedPlatform, counterId: string, value: number): Promise<void> {
  const look = async () => (await platform.counter(counterId))?.value
  return eventuallyEqual('the value in the read model', value, { look, signal: platform.signal })
}

/** A counter of the check's own, dropped at the end: a run leaves no rows behind. */
export async function withCounter(
  platform: CheckedPlatform,
  work: (counterId: string) => Promise<void>,
): Promise<void> {
  const counterId = platform.newId()
  try {
    await work(counterId)
  } finally {
    await platform.push(DropCounter, { counterId })
  }
}
