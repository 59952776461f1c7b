import { describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  doublePrecision,
  integer,
  jsonb,
  numeric,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'
import { isPlatformError } from '#kernel/platform-error.ts'
import { changePlainRow, encodeColumns, quoteElement, toKeyText, toPlainRow } from './row-codec.ts'
import { planTable } from './table-plan.ts'

const schema = pgSchema('pl_x__y')
const id = '0b5c0a4e-3f53-4a43-9d0e-5a9a4c3d2e1f'
const tasks = schema.table('tasks', {
  id: uuid().primaryKey(),
  title: text().notNull().default('new'),
  code: varchar({ length: 2 }),
  count: integer(),
  sizeBytes: bigint('size_bytes', { mode: 'number' }),
  latitude: doublePrecision(),
  isOpen: boolean('is_open'),
  heardAt: timestamp('heard_at', { withTimezone: true }),
  details: jsonb(),
})

const errorOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('a plain row', () => {
  test('has every column: absent ones get their default, else null', () =>
    expect(toPlainRow(tasks, { id: id.toUpperCase(), unknownProperty: 1 })).toEqual({
      id,
      title: 'new',
      code: null,
      count: null,
      sizeBytes: null,
      latitude: null,
      isOpen: null,
      heardAt: null,
      details: null,
    }))

  test('with changes is the plain row of both, and refuses what a column cannot hold', () => {
    const before = toPlainRow(tasks, { id, title: 'old', count: 3, details: { a: 1 } })
    const changes = [
      {},
      { count: 4 },
      { count: null, title: 'x\0y' },
      { title: undefined, heardAt: '2026-01-02T03:04:05Z' },
      { id: id.toUpperCase(), details: null },
    ]
    for (const change of changes)
      expect(changePlainRow(tasks, before, change)).toEqual(toPlainRow(tasks, { ...before, ...change }))
    expect(changePlainRow(tasks, before, { count: 4 })).not.toBe(before)
    expect(before.count).toBe(3)
    for (const wrong of [{ count: 1.5 }, { id: 'x' }, { title: null }, { id: null }])
      expect(() => changePlainRow(tasks, before, wrong)).toThrow()
  })

  test('stays as it is when made plain again', () => {
    const once = toPlainRow(tasks, {
      id,
      title: '\u0000',
      count: -0,
      heardAt: new Date(5),
      details: { at: new Date(0) },
    })
    expect(toPlainRow(tasks, once)).toEqual(once)
  })

  test.each([
    [{ id: 'no uuid' }, '"id" holds string "no uuid", wanted a uuid'],
    [{}, '"id" holds nothing'],
    [{ id, title: null }, '"title" holds nothing, wanted a string: the column is not null'],
    [{ id, title: 7 }, '"title" holds number 7, wanted a string'],
    [{ id, code: 'abc' }, 'wanted a string of at most 2 characters'],
    [{ id, count: 2 ** 31 }, '"count" holds number 2147483648, wanted a whole number'],
    [{ id, count: '7' }, '"count" holds string "7"'],
    [{ id, sizeBytes: 2 ** 53 }, '"sizeBytes" holds number 9007199254740992'],
    [{ id, latitude: Number.NaN }, '"latitude" holds number NaN, wanted a finite number'],
    [{ id, isOpen: 1 }, '"isOpen" holds number 1, wanted true or false'],
    [{ id, details: 1n }, '"details" holds bigint 1, wanted a JSON value'],
  ])('refuses %p', (row, words) => {
    const error = errorOf(() => toPlainRow(tasks, row))
    expect(isPlatformError(error, 'bad-input')).toBe(true)
    expect(String(error)).toContain(words)
  })
})

describe('a table plan', () => {
  test.each([
    ['has no primary key', schema.table('t', { a: text() })],
    ['of type PgNumeric', schema.table('t', { a: text().primaryKey(), n: numeric() })],
    ['of type PgText[]', schema.table('t', { a: text().primaryKey(), n: text().array() })],
    ['of type PgBigInt64', schema.table('t', { a: text().primaryKey(), n: bigint({ mode: 'bigint' }) })],
    ['of type PgTimestamp', schema.table('t', { a: text().primaryKey(), n: timestamp() })],
    [
      'of type PgTimestamp',
      schema.table('t', { a: text().primaryKey(), n: timestamp({ withTimezone: true, precision: 0 }) }),
    ],
    [
      'lets Postgres generate column n',
      schema.table('t', { a: text().primaryKey(), n: integer().generatedAlwaysAs(sql`1`) }),
    ],
  ])('refuses a table that %s', (words, table) => {
    const error = errorOf(() => planTable(table))
    expect(isPlatformError(error, 'bad-definition')).toBe(true)
    expect(String(error)).toContain(words)
  })

  test('is made once a table', () => expect(planTable(tasks)).toBe(planTable(tasks)))
})

describe('key text', () => {
  const readings = schema.table('readings', { a: text(), b: text() }, (table) => [
    primaryKey({ columns: [table.a, table.b] }),
  ])
  test('tells composite keys apart', () =>
    expect(toKeyText(readings, { a: 'x,', b: 'y' })).not.toBe(toKeyText(readings, { a: 'x', b: ',y' })))
  test('is equal for equal keys', () =>
    expect(toKeyText(tasks, { id })).toBe(toKeyText(tasks, { id: id.toUpperCase(), title: 'other' })))
})

describe('an array literal', () => {
  test('escapes quotes and backslashes', () => expect(quoteElement('a"b\\c')).toBe('"a\\"b\\\\c"'))
  test('tells null from the text NULL', () => {
    const marks = schema.table('marks', { name: text().primaryKey(), note: text() })
    const plan = planTable(marks)
    const rows = [
      { name: 'NULL', note: null },
      { name: '', note: 'x' },
    ]
    expect(encodeColumns(plan, plan.columns, rows)).toEqual(['{"NULL",""}', '{NULL,"x"}'])
  })
})
