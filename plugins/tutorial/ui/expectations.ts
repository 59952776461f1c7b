import { defineExpectation } from '#web/sdk'
import { AddIntValue, AddStringInt, DeleteStringInt, RenameStringInt, ToggleCaps } from '../shared/actions.ts'
import { toggleCaps } from '../shared/toggle-caps.ts'
import { StringInt } from '../shared/tuples.ts'

/** What each action will do to the rows, shown before the server has said so: at once, offline, and after a reload. */

const ofStringInt = (fields: { readonly stringIntId: string }) => fields.stringIntId

export const added = defineExpectation(AddStringInt, {
  on: StringInt,
  row: ofStringInt,
  adds: ({ stringIntId, string1, int1 }) => ({ id: stringIntId, string1, int1 }),
})

export const renamed = defineExpectation(RenameStringInt, {
  on: StringInt,
  row: ofStringInt,
  apply: (row, { string1 }) => ({ ...row, string1 }),
})

export const deleted = defineExpectation(DeleteStringInt, { on: StringInt, row: ofStringInt, removes: () => true })

export const toggled = defineExpectation(ToggleCaps, {
  on: StringInt,
  row: ofStringInt,
  apply: (row) => ({ ...row, string1: toggleCaps(row.string1) }),
})

export const increased = defineExpectation(AddIntValue, {
  on: StringInt,
  row: ofStringInt,
  apply: (row, { offset }) => ({ ...row, int1: row.int1 + offset }),
})
