import { bigint, boolean, doublePrecision, integer, jsonb, text, uuid } from 'drizzle-orm/pg-core'
import { defineReadModel } from '#plugin-api'

/** The plugin's read models: what checks count, a value of every type, and the runs with what they found. */

export const countersModel = defineReadModel('noop', 'counters', (schema) => ({
  rows: schema.table('counters', {
    id: uuid('id').primaryKey(),
    value: integer('value').notNull(),
    reactions: integer('reactions').notNull(),
  }),
}))

export const everythingModel = defineReadModel('noop', 'everything', (schema) => ({
  rows: schema.table('everything', {
    id: uuid('id').primaryKey(),
    words: text('words').notNull(),
    whole: integer('whole').notNull(),
    real: doublePrecision('real').notNull(),
    isSo: boolean('is_so').notNull(),
    at: bigint('at', { mode: 'number' }).notNull(),
    choice: text('choice').notNull(),
    maybe: text('maybe'),
    nothing: integer('nothing'),
    names: jsonb('names').notNull().$type<string[]>(),
    numbers: jsonb('numbers').notNull().$type<number[]>(),
  }),
}))

export const runsModel = defineReadModel('noop', 'runs', (schema) => ({
  runs: schema.table('runs', {
    id: uuid('id').primaryKey(),
    by: text('by').notNull(),
    state: text('state').notNull(),
    words: text('words').notNull(),
    checkCount: integer('check_count').notNull(),
    greenCount: integer('green_count').notNull(),
    redCount: integer('red_count').notNull(),
    beganAt: bigint('began_at', { mode: 'number' }).notNull(),
    endedAt: bigint('ended_at', { mode: 'number' }),
  }),
  results: schema.table('results', {
    id: text('id').primaryKey(),
    runId: uuid('run_id').notNull(),
    check: text('check_name').notNull(),
    outcome: text('outcome').notNull(),
    reason: text('reason').notNull(),
    tookMs: integer('took_ms').notNull(),
  }),
}))
