import { describe, test } from 'bun:test'
import { action, given, happened, projectionSpec, reactorSpec } from '#testing'
import { largeChanges } from './logic/large-changes.ts'
import { stringInt } from './logic/string-int.ts'
import { stringInts } from './projections/string-ints.ts'
import { AddIntValue, AddStringInt, DeleteStringInt, RenameStringInt, ToggleCaps } from './shared/actions.ts'

const stringIntId = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0001'
const otherId = '5d3c6f0e-52a4-4c9b-8d0c-2f6f4f5a0002'

const oakAdded = happened(AddStringInt, { stringIntId, string1: 'Oak Street', int1: 11 })
const oakDeleted = happened(DeleteStringInt, { stringIntId })

describe('a string int', () => {
  test('is added once', () => {
    const add = action(AddStringInt, { stringIntId, string1: 'Oak Street', int1: 11 })
    given(stringInt).when(add).thenAppended()
    given(stringInt, [oakAdded]).when(add).thenRejected('string-int-exists')
  })

  test('may be added again after it was deleted', () =>
    given(stringInt, [oakAdded, oakDeleted])
      .when(action(AddStringInt, { stringIntId, string1: 'Elm Street', int1: 1 }))
      .thenAppended())

  test('needs a text', () =>
    given(stringInt)
      .when(action(AddStringInt, { stringIntId, string1: '  ', int1: 1 }))
      .thenRejected('bad-input', 'String1 must not be empty.'))

  test('that was deleted takes no more changes', () => {
    const deleted = given(stringInt, [oakAdded, oakDeleted])
    deleted.when(action(ToggleCaps, { stringIntId })).thenRejected('string-int-not-found')
    deleted.when(action(AddIntValue, { stringIntId, offset: 1 })).thenRejected('string-int-not-found')
    deleted.when(action(DeleteStringInt, { stringIntId })).thenRejected('string-int-not-found')
    deleted
      .when(action(RenameStringInt, { stringIntId, string1: 'Elm', wasString1: 'Oak Street' }))
      .thenRejected('string-int-not-found')
  })

  test('is renamed by who saw its latest name', () => {
    const rename = action(RenameStringInt, { stringIntId, string1: 'Elm Street', wasString1: 'Oak Street' })
    given(stringInt, [oakAdded]).when(rename).thenAppended()
    given(stringInt, [oakAdded, happened(ToggleCaps, { stringIntId })])
      .when(rename)
      .thenRejected('stale-edit', 'Somebody changed it to "OAK STREET" while you were editing; look and save again.')
  })

  test('keeps its number within what the number can hold', () => {
    const nearlyFull = happened(AddIntValue, { stringIntId, offset: 2_147_483_636 })
    given(stringInt, [oakAdded])
      .when(action(AddIntValue, { stringIntId, offset: 2_147_483_636 }))
      .thenAppended()
    given(stringInt, [oakAdded, nearlyFull])
      .when(action(AddIntValue, { stringIntId, offset: 1 }))
      .thenRejected('int-out-of-range', '2147483648 is beyond what the number can hold.')
  })
})

describe('the read model of string ints', () => {
  const spec = projectionSpec(stringInts)

  test('has a row for each', () =>
    spec
      .given(oakAdded, happened(AddStringInt, { stringIntId: otherId, string1: 'Elm Street', int1: 22 }))
      .thenRows('rows', [
        { id: stringIntId, string1: 'Oak Street', int1: 11 },
        { id: otherId, string1: 'Elm Street', int1: 22 },
      ]))

  test('shows what became of it', () =>
    spec
      .given(
        oakAdded,
        happened(ToggleCaps, { stringIntId }),
        happened(AddIntValue, { stringIntId, offset: -12 }),
        happened(RenameStringInt, { stringIntId, string1: 'elm street', wasString1: 'OAK STREET' }),
        happened(ToggleCaps, { stringIntId }),
      )
      .thenRows('rows', [{ id: stringIntId, string1: 'ELM STREET', int1: -1 }]))

  test('forgets one that was deleted, and takes it again', () => {
    spec.given(oakAdded, oakDeleted).thenRows('rows', [])
    spec.given(oakAdded, oakDeleted, oakAdded).thenRows('rows', [{ id: stringIntId, string1: 'Oak Street', int1: 11 }])
  })

  test('parks what it cannot understand, and every later event of that string int', () =>
    spec
      .given(
        happened(ToggleCaps, { stringIntId }),
        oakAdded,
        happened(AddStringInt, { stringIntId: otherId, string1: 'b', int1: 2 }),
      )
      .thenParked('tutorial.ToggleCaps', 'tutorial.AddStringInt')
      .andRows('rows', [{ id: otherId, string1: 'b', int1: 2 }]))
})

describe('large changes', () => {
  const ann = { user: 'ann', device: 'tablet-1', service: 'field', roles: [] }

  test('are noted in a row of their own, whichever way the number went', async () => {
    const change = happened(AddIntValue, { stringIntId, offset: -1_000 }, { by: ann })
    await reactorSpec(largeChanges)
      .given(change)
      .thenEffects((keyOf) =>
        action(AddStringInt, { stringIntId: keyOf(change), string1: 'Large change by ann', int1: -1_000 }),
      )
  })

  test('are a thousand or more', () =>
    reactorSpec(largeChanges)
      .given(happened(AddIntValue, { stringIntId, offset: 999 }))
      .thenEffects())
})
