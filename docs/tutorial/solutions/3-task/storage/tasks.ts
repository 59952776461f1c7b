import { text, uuid } from 'drizzle-orm/pg-core'
import { defineReadModel } from '#plugin-api'

/** The open tasks. */
export const tasksModel = defineReadModel('learning', 'tasks', (schema) => ({
  rows: schema.table('tasks', {
    id: uuid('id').primaryKey(),
    to: text('sent_to').notNull(),
    words: text('words').notNull(),
  }),
}))
