import { defineAction, integer, text, uuid } from '#plugin-api/shared'

/** What a person may do to a string int. */

const string1 = text({ lengthMin: 1, lengthMax: 200 })
const ofStringInt = (fields: { readonly stringIntId: string }) => ['StringInt', fields.stringIntId] as const

export const AddStringInt = defineAction('tutorial.AddStringInt', {
  version: 1,
  fields: { stringIntId: uuid(), string1, int1: integer() },
  entity: ofStringInt,
  title: ({ string1, int1 }) => `Add "${string1}" with ${int1}`,
})

/** Carries what the editor saw, so that a stale edit is refused and nobody's work is overwritten silently. */
export const RenameStringInt = defineAction('tutorial.RenameStringInt', {
  version: 1,
  fields: { stringIntId: uuid(), string1, wasString1: text() },
  entity: ofStringInt,
  title: ({ string1, wasString1 }) => `Rename "${wasString1}" to "${string1}"`,
})

export const DeleteStringInt = defineAction('tutorial.DeleteStringInt', {
  version: 1,
  fields: { stringIntId: uuid() },
  entity: ofStringInt,
  title: () => 'Delete the string int',
})

export const ToggleCaps = defineAction('tutorial.ToggleCaps', {
  version: 1,
  fields: { stringIntId: uuid() },
  entity: ofStringInt,
  title: () => 'Toggle capitals',
})

export const AddIntValue = defineAction('tutorial.AddIntValue', {
  version: 1,
  fields: { stringIntId: uuid(), offset: integer() },
  entity: ofStringInt,
  title: ({ offset }) => (offset < 0 ? `Take away ${-offset}` : `Add ${offset}`),
})
