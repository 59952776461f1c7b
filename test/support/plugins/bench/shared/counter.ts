import { defineAction, defineTuple, earlier, integer, oneOf, text, uuid } from '#plugin-api/shared'

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

/** A counter read in the field, as an app of today sends it; the two versions before it knew less. */
const readingOfLastYear = { counterId: uuid(), by: integer() }
const readingOfLastMonth = { counterId: uuid(), by: integer(), remark: text() }

export const NoteReading = defineAction('bench.NoteReading', {
  version: 3,
  fields: { counterId: uuid(), by: integer(), remark: text(), source: oneOf(['meter', 'estimate']) },
  from: earlier(readingOfLastYear)
    .next(readingOfLastMonth, (reading) => ({ ...reading, remark: '' }))
    .today((reading) => ({ ...reading, source: 'meter' })),
  entity: ofCounter,
  title: ({ by }) => `Note a reading of ${by}`,
})
