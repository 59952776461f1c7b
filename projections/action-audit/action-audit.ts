import { doublePrecision, index, text, uuid } from 'drizzle-orm/pg-core'
import { defineProjection, defineReadModel } from '#plugin-api'

/** Every action that was ever answered: which stream, which answer. How an old action id finds its one outcome. */
export const actionAuditModel = defineReadModel('peek', 'action-audit', (schema) => ({
  actions: schema.table(
    'actions',
    {
      actionId: uuid('action_id').primaryKey(),
      action: text('action').notNull(),
      stream: text('stream').notNull(),
      outcome: text('outcome').notNull(),
      kind: text('kind'),
      words: text('words'),
      position: text('position').notNull(),
      user: text('by_user').notNull(),
      device: text('by_device').notNull(),
      occurredAt: doublePrecision('occurred_at').notNull(),
      recordedAt: doublePrecision('recorded_at').notNull(),
    },
    (table) => [index('actions_by_stream').on(table.stream)],
  ),
}))

const refusalType = 'peek.ActionRefused'
const refusalsPrefix = 'refusals-'

export const actionAudit = defineProjection({
  version: 1,
  model: actionAuditModel,
  on: (_, onAny) => [
    onAny((event, { actions }) => {
      const isRefusal = event.type === refusalType
      if (event.actionId === undefined || (!isRefusal && event.actionId !== event.id)) return
      const { data } = event
      const { actionId, position, user, device, occurredAt, recordedAt } = event
      const outcome = isRefusal
        ? { outcome: 'rejected', kind: String(data.kind), words: String(data.words) }
        : { outcome: 'accepted', kind: null, words: null }
      const action = isRefusal ? String(data.action) : event.type
      const stream = isRefusal ? event.stream.slice(refusalsPrefix.length) : event.stream
      const answered = { actionId, action, stream, ...outcome, position, user, device, occurredAt, recordedAt }
      // A refusal that landed late is no answer any more: what took effect is the truth.
      actions.upsert(actionId, (known) => (known?.outcome === 'accepted' ? known : answered))
    }),
  ],
})
