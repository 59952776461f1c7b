import { integer, text, uuid } from 'drizzle-orm/pg-core'
import { defineReadModel } from '#plugin-api'

/** The string ints as screens show them. */
export const stringIntsModel = defineReadModel('learning', 'string-ints', (schema) => ({
  rows: schema.table('string_ints', {
    id: uuid('id').primaryKey(),
    string1: text('string1').notNull(),
    int1: integer('int1').notNull(),
  }),
}))
