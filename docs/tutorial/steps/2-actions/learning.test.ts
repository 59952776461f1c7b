import { describe, test } from 'bun:test'
import { action, given, happened } from '#testing'
import { stringInt } from './logic/string-int.ts'
import { AddIntValue, AddStringInt, DeleteStringInt } from './shared/actions.ts'

const stringIntId = '7a1c2f7e-2f57-4a8e-9d33-5b0c6f1d0001'
const oakAdded = happened(AddStringInt, { stringIntId, string1: 'Oak Street', int1: 11 })
const oakDeleted = happened(DeleteStringInt, { stringIntId })

describe('a string int', () => {
  test('is added once', () => {
    const add = action(AddStringInt, { stringIntId, string1: 'Oak Street', int1: 11 })
    given(stringInt).when(add).thenAppended()
    given(stringInt, [oakAdded]).when(add).thenRejected('string-int-exists')
  })

  test('needs a text', () =>
    given(stringInt)
      .when(action(AddStringInt, { stringIntId, string1: '  ', int1: 1 }))
      .thenRejected('bad-input', 'String1 must not be empty.'))

  test('keeps its number within what the number can hold', () =>
    given(stringInt, [oakAdded])
      .when(action(AddIntValue, { stringIntId, offset: 2_147_483_647 }))
      .thenRejected('int-out-of-range', '2147483658 is beyond what the number can hold.'))

  test('that was deleted takes no more changes', () =>
    given(stringInt, [oakAdded, oakDeleted])
      .when(action(AddIntValue, { stringIntId, offset: 1 }))
      .thenRejected('string-int-not-found'))
})
