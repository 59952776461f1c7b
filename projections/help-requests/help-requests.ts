import { bigint, index, integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { answerHelp, askForHelp, defineProjection, defineReadModel } from '#plugin-api'

const instant = (name: string) => bigint(name, { mode: 'number' })

/** What people asked the office for help with, and what it said: a row a request, found by its device. */
export const helpRequestsModel = defineReadModel('peek', 'help-requests', (schema) => ({
  requests: schema.table(
    'requests',
    {
      device: uuid('device').notNull(),
      id: uuid('id').notNull(),
      app: text('app').notNull(),
      user: text('by_user').notNull(),
      askedAt: instant('asked_at').notNull(),
      words: text('words').notNull(),
      /** JSON. */
      records: text('records').notNull(),
      recordCount: integer('record_count').notNull(),
      state: text('state').notNull(),
      answer: text('answer'),
      answeredBy: text('answered_by'),
      answeredAt: instant('answered_at'),
    },
    (table) => [
      // An id is the device's word: it must not name the request of another one.
      primaryKey({ columns: [table.device, table.id] }),
      index('requests_by_state').on(table.state, table.askedAt),
    ],
  ),
}))

export const helpRequests = defineProjection({
  version: 1,
  model: helpRequestsModel,
  on: (on) => [
    on(askForHelp, ({ data, user, recorded, recordedAt }, { requests }) => {
      const { id, device, words, records } = data
      requests.upsert([device, id], () => ({
        device,
        id,
        app: recorded.metadata.service ?? '',
        user,
        askedAt: recordedAt,
        words,
        records: JSON.stringify(records),
        recordCount: records.length,
        state: 'open',
        answer: null,
        answeredBy: null,
        answeredAt: null,
      }))
    }),
    on(answerHelp, ({ data, user, recordedAt }, { requests }) => {
      const { id, device, words } = data
      const answered = { state: 'answered', answer: words, answeredBy: user, answeredAt: recordedAt }
      requests.updateIfPresent([device, id], () => answered)
    }),
  ],
})
