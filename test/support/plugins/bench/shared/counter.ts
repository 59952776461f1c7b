import { defineAction, defineTuple, integer, text, uuid } from '#plugin-api/shared'

/** A counter of a group. */
export const Counter = defineTuple('bench.Counter', { id: uuid(), group: text(), count: integer() })

const ofCounter = (fields: { readonly counterId: string }) => ['Counter', fields.counterId] as const

export const AddCounter = defineAction('bench.AddCounter', {
  version: 1,
  fields: { counterId: uuid(), group: text() },
  entity: ofCounter,
  title: ({ group }) => `Add a counter to ${group}`,
})

export const BumpCounter = defineAction('bench.BumpCounter', {
  version: 1,
  fields: { counterId: uuid(), by: integer() },
  entity: ofCounter,
  title: ({ by }) => `Add ${by}`,
})
