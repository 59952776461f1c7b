import { defineAgentPart, defineRestRoute, defineTuple, RestFailure, type TupleOf } from '#plugin-api'
import { instant, integer, nullable, oneOf, text, uuid } from '#plugin-api/shared'
import { PutReading, type Reading } from '../shared/reading.ts'

const Summary = defineTuple('meters.Summary', {
  meterId: uuid(),
  unit: oneOf(['kWh', 'MWh']),
  value: integer(),
  note: nullable(text({ lengthMax: 200 })),
})

/** The last readings taken here, for asking back. */
const taken = new Map<string, TupleOf<typeof Reading>>()

const putReading = defineRestRoute('POST', '/meters/:meterId/readings', {
  words: 'Hands in what a meter showed.',
  params: { meterId: uuid() },
  input: { value: integer({ min: 0, max: 1_000_000 }), readAt: instant() },
  output: { actionId: uuid() },
  scope: 'write',
  status: 202,
  handle: async ({ params, input, actionId }, { queue }) => {
    const reading = { ...params, ...input }
    const put = await queue.put(PutReading, reading, { id: actionId })
    taken.set(reading.meterId, reading)
    return put
  },
})

const getSummary = defineRestRoute('GET', '/meters/:meterId', {
  words: 'What a meter showed last, as this agent knows it.',
  params: { meterId: uuid() },
  query: { unit: nullable(oneOf(['kWh', 'MWh'])), note: nullable(text({ lengthMax: 200 })) },
  output: Summary,
  scope: 'read',
  handle: ({ params, query }) => {
    const last = taken.get(params.meterId)
    if (!last) throw new RestFailure('not-found', `Nobody handed in a reading of ${params.meterId} here.`)
    return { meterId: last.meterId, value: last.value, unit: query.unit ?? 'kWh', note: query.note }
  },
})

export const metersAgentPart = defineAgentPart({ rest: [putReading, getSummary] })
