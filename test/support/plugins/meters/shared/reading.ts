import { defineAction, defineTuple, instant, integer, uuid } from '#plugin-api/shared'

const reading = { meterId: uuid(), value: integer({ min: 0, max: 1_000_000 }), readAt: instant() }

/** What a meter showed. */
export const Reading = defineTuple('meters.Reading', reading)

export const PutReading = defineAction('meters.PutReading', {
  version: 1,
  fields: reading,
  entity: ({ meterId }) => ['Meter', meterId],
  title: ({ value }) => `Put the reading ${value}`,
})
