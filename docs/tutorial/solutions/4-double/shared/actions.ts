import { defineAction, integer, text, uuid } from '#plugin-api/shared'

/** What a person may do to a string int. */

const ofStringInt = (fields: { readonly stringIntId: string }) => ['StringInt', fields.stringIntId] as const

export const AddStringInt = defineAction('learning.AddStringInt', {
  version: 1,
  fields: { stringIntId: uuid(), string1: text({ lengthMin: 1, lengthMax: 200 }), int1: integer() },
  entity: ofStringInt,
  title: ({ string1, int1 }) => `Add "${string1}" with ${int1}`,
})

export const AddIntValue = defineAction('learning.AddIntValue', {
  version: 1,
  fields: { stringIntId: uuid(), offset: integer() },
  entity: ofStringInt,
  title: ({ offset }) => (offset < 0 ? `Take away ${-offset}` : `Add ${offset}`),
})

export const DeleteStringInt = defineAction('learning.DeleteStringInt', {
  version: 1,
  fields: { stringIntId: uuid() },
  entity: ofStringInt,
  title: () => 'Delete the string int',
})

export const DoubleInt = defineAction('learning.DoubleInt', {
  version: 1,
  fields: { stringIntId: uuid() },
  entity: ofStringInt,
  title: () => 'Double the number',
})
