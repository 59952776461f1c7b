import { defineExpectation } from '#web/sdk'
import { AddIntValue, AddStringInt, DeleteStringInt } from '../shared/actions.ts'
import { StringInt } from '../shared/tuples.ts'

/** What each action will do to the rows: shown before the server has said so. */

const ofStringInt = (fields: { readonly stringIntId: string }) => fields.stringIntId

export const added = defineExpectation(AddStringInt, {
  on: StringInt,
  row: ofStringInt,
  adds: ({ stringIntId, string1, int1 }) => ({ id: stringIntId, string1, int1 }),
})

export const increased = defineExpectation(AddIntValue, {
  on: StringInt,
  row: ofStringInt,
  apply: (row, { offset }) => ({ ...row, int1: row.int1 + offset }),
})

export const deleted = defineExpectation(DeleteStringInt, { on: StringInt, row: ofStringInt, removes: () => true })
