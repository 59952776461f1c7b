import { describe, test } from 'bun:test'
import { fact } from '#plugin-api'
import { action, given, happened } from '#testing'
import { AddCount, CountTaken, TakeCount } from '../shared/actions.ts'
import { counter } from './counter.ts'

const counterId = '6f9619ff-8b86-4011-b42d-00cf4fc964ff'
const five = happened(AddCount, { counterId, by: 5 })
const take = (by: number) => action(TakeCount, { counterId, by })

describe('a counter', () => {
  test('gives what it has', () =>
    given(counter, [five])
      .when(take(5))
      .thenAppended(fact(CountTaken, { counterId, by: 5 })))

  test('gives less than it is asked for where it has less, and says so', () =>
    given(counter, [five])
      .when(take(9))
      .thenChanged('Only 5 were there, so 5 were taken.', fact(CountTaken, { counterId, by: 5 })))

  test('gives nothing where nothing is left', () =>
    given(counter, [five, happened(CountTaken, { counterId, by: 5 })])
      .when(take(1))
      .thenRejected('nothing-there'))
})
