import { describe, test } from 'bun:test'
import { action, given, happened, projectionSpec } from '#testing'
import { stringInt } from './logic/string-int.ts'
import { stringInts } from './projections/string-ints.ts'
import { AddStringInt, DoubleInt } from './shared/actions.ts'

const stringIntId = '7a1c2f7e-2f57-4a8e-9d33-5b0c6f1d0001'
const oakAdded = happened(AddStringInt, { stringIntId, string1: 'Oak Street', int1: 12 })
const oakDoubled = happened(DoubleInt, { stringIntId })
const double = action(DoubleInt, { stringIntId })

describe('doubling', () => {
  test('makes twice as much of the number', () =>
    projectionSpec(stringInts)
      .given(oakAdded, oakDoubled, oakDoubled)
      .thenRows('rows', [{ id: stringIntId, string1: 'Oak Street', int1: 48 }]))

  test('is refused where the number could not hold it, and where there is none', () => {
    const large = happened(AddStringInt, { stringIntId, string1: 'Large', int1: 1_073_741_823 })
    given(stringInt, [large]).when(double).thenAppended()
    given(stringInt, [large, oakDoubled]).when(double).thenRejected('int-out-of-range')
    given(stringInt).when(double).thenRejected('string-int-not-found')
  })
})
