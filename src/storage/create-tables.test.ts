import { describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import {
  index,
  integer,
  jsonb,
  type PgSchema,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { describeReadModelSchema } from './create-tables.ts'

const schema = 'pl_x__y'
const x = pgSchema(schema)
const defineReadings = (owner: PgSchema) =>
  owner.table(
    'readings',
    {
      sensor: text().notNull(),
      hour: integer().default(0),
      note: text().notNull().default("it's"),
      at: timestamp({ withTimezone: true, mode: 'string' }),
      details: jsonb().default({ a: ["'"] }),
    },
    (table) => [
      primaryKey({ columns: [table.sensor, table.hour] }),
      index().on(table.note, table.at.desc().nullsFirst()),
    ],
  )

describe('the statements of a read model', () => {
  test('create schema, table and index, each where missing', () => {
    expect(describeReadModelSchema({ schema, tables: [defineReadings(x)] })).toEqual([
      'create schema if not exists "pl_x__y"',
      `create table if not exists "pl_x__y"."readings" (
  "sensor" text not null,
  "hour" integer default '0',
  "note" text default 'it''s' not null,
  "at" timestamp with time zone,
  "details" jsonb default '{"a":["''"]}',
  primary key ("sensor", "hour")
)`,
      'create index if not exists "readings_note_at_index" on "pl_x__y"."readings" ("note" nulls last, "at" desc nulls first)',
    ])
  })

  test('differ only in the schema when the same definition makes another', () => {
    const shadow = describeReadModelSchema({ schema: 'pl_z', tables: [defineReadings(pgSchema('pl_z'))] })
    const live = describeReadModelSchema({ schema, tables: [defineReadings(x)] })
    expect(shadow.map((text) => text.replaceAll('"pl_z"', '"pl_x__y"'))).toEqual([...live])
  })

  const id = () => text().primaryKey()
  const other = x.table('other', { id: id() })
  test.each([
    ['belongs to another schema', pgSchema('pl_z').table('t', { id: id() })],
    ['has a foreign key', x.table('t', { id: id(), to: text().references(() => other.id) })],
    ['has a unique column', x.table('t', { id: id(), to: text().unique() })],
    ['has a unique index', x.table('t', { id: id(), to: text() }, (table) => [uniqueIndex().on(table.to)])],
    ['has an index over an expression', x.table('t', { id: id() }, (table) => [index().on(sql`lower(${table.id})`)])],
    ['has a partial index', x.table('t', { id: id() }, (table) => [index().on(table.id).where(sql`true`)])],
    ['computes a default', x.table('t', { id: id(), at: timestamp({ withTimezone: true }).defaultNow() })],
    ['has a default its column cannot hold', x.table('t', { id: id(), count: integer().default(0.5) })],
  ])('are refused for a table that %s', (_, table) => {
    expect(() => describeReadModelSchema({ schema, tables: [table] })).toThrow('Table pl_')
  })

  test('are refused for a schema name longer than Postgres keeps', () => {
    expect(() => describeReadModelSchema({ schema: 'x'.repeat(64), tables: [] })).toThrow('has 64 bytes')
  })
})
