/**
 * How values of each supported column type look in a row, travel to Postgres and come back.
 *
 * A row is plain JSON, since it travels to browsers. `toPlain` gives a value the one form in which it will be read back,
 * and refuses what the column cannot hold. The forms:
 *
 *     text, varchar                          string (NUL and broken surrogates become U+FFFD: Postgres holds neither)
 *     integer, smallint, bigint 'number'     whole number in range
 *     double precision                       finite number
 *     boolean                                boolean
 *     uuid                                   lower-case text
 *     instant()                              ISO text in UTC with milliseconds, as Date.toISOString() writes it
 *     timestamp withTimezone, mode 'string'  the same here; drizzle's own reads spell it differently
 *     timestamp withTimezone, mode 'date'    milliseconds since 1970
 *     jsonb                                  the JSON value; null is SQL null
 */
import type { PgColumn } from 'drizzle-orm/pg-core'
import { isUuid } from '#kernel/ids.ts'
import type { Json } from '#kernel/json.ts'
import { instantSqlType } from './instant.ts'
import { toIsoText, toStorableJson, toStorableText } from './plain-values.ts'

export type ColumnKind = {
  /** The type of one element of the array that carries a batch. */
  readonly elementType: string
  /** Set when the element is cast on its way into the column; `jsonb[]` would be encoded twice by the driver. */
  readonly castTo?: string
  /** Undefined: the column cannot hold it. Never called with null. */
  toPlain(value: unknown): Json | undefined
  /** Completes the sentence "wanted …". */
  readonly wanted: string
  /** What `toPlain` gave, as Postgres reads it. */
  encode(plain: Json): string
  /** SQL that reads the column in a form no setting of driver or session changes. */
  read(column: string): string
  decode(stored: string): Json
}

const asText = (column: string) => `${column}::text`
const asUtcText = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const text: ColumnKind = {
  elementType: 'text',
  toPlain: (value) => (typeof value === 'string' ? toStorableText(value) : undefined),
  wanted: 'a string',
  encode: String,
  read: asText,
  decode: (stored) => stored,
}

const limitedText = (lengthMax: number): ColumnKind => ({
  ...text,
  // Postgres counts code points, not UTF-16 units.
  toPlain: (value) => (typeof value === 'string' && [...value].length <= lengthMax ? toStorableText(value) : undefined),
  wanted: `a string of at most ${lengthMax} characters`,
})

const wholeNumber = (elementType: string, from: number, to: number): ColumnKind => ({
  elementType,
  // Adding zero turns -0, which Postgres does not know, into 0.
  toPlain: (value) =>
    Number.isInteger(value) && Number(value) >= from && Number(value) <= to ? Number(value) + 0 : undefined,
  wanted: `a whole number from ${from} to ${to}`,
  encode: String,
  read: asText,
  decode: Number,
})

const doublePrecision: ColumnKind = {
  elementType: 'double precision',
  toPlain: (value) => (Number.isFinite(value) ? Number(value) + 0 : undefined),
  wanted: 'a finite number',
  encode: String,
  read: asText,
  decode: Number,
}

const boolean: ColumnKind = {
  elementType: 'boolean',
  toPlain: (value) => (typeof value === 'boolean' ? value : undefined),
  wanted: 'true or false',
  encode: String,
  read: asText,
  decode: (stored) => stored === 'true',
}

const uuid: ColumnKind = {
  elementType: 'uuid',
  toPlain: (value) => {
    const lower = typeof value === 'string' ? value.toLowerCase() : undefined
    return isUuid(lower) ? lower : undefined
  },
  wanted: 'a uuid',
  encode: String,
  read: asText,
  decode: (stored) => stored,
}

const instantText: ColumnKind = {
  elementType: 'timestamptz',
  toPlain: (value) => toIsoText(value),
  wanted: 'an instant as Date.toISOString() writes it, years 1 to 9999',
  encode: String,
  read: asUtcText,
  decode: (stored) => stored,
}

const instantNumber: ColumnKind = {
  ...instantText,
  toPlain: (value) => {
    const isoText = toIsoText(value)
    return isoText === undefined ? undefined : Date.parse(isoText)
  },
  wanted: 'an instant in milliseconds since 1970, years 1 to 9999',
  encode: (plain) => new Date(Number(plain)).toISOString(),
  decode: (stored) => Date.parse(stored),
}

const jsonb: ColumnKind = {
  elementType: 'text',
  castTo: 'jsonb',
  toPlain: toStorableJson,
  wanted: 'a JSON value',
  encode: (plain) => JSON.stringify(plain),
  read: asText,
  decode: (stored) => JSON.parse(stored) as Json,
}

const kinds = new Map<string, ColumnKind>([
  ['PgText', text],
  ['PgInteger', wholeNumber('integer', -2_147_483_648, 2_147_483_647)],
  ['PgSmallInt', wholeNumber('smallint', -32_768, 32_767)],
  ['PgBigInt53', wholeNumber('bigint', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)],
  ['PgDoublePrecision', doublePrecision],
  ['PgBoolean', boolean],
  ['PgUUID', uuid],
  ['PgTimestampString', instantText],
  ['PgTimestamp', instantNumber],
  ['PgJsonb', jsonb],
])

/** For the error that refuses any other. */
export const supportedColumns =
  "text, varchar, smallint, integer, bigint({ mode: 'number' }), doublePrecision, boolean, uuid, instant(), timestamp({ withTimezone: true }), jsonb (for lists and anything else)"

export function findColumnKind(column: PgColumn): ColumnKind | undefined {
  const isArray = (column.dimensions ?? 0) > 0
  const losesTime = column.columnType.startsWith('PgTimestamp') && !keepsMilliseconds(column.getSQLType())
  if (isArray || losesTime) return undefined
  if (column.columnType === 'PgVarchar') return column.length === undefined ? text : limitedText(column.length)
  if (column.columnType === 'PgCustomColumn') return column.getSQLType() === instantSqlType ? instantText : undefined
  return kinds.get(column.columnType)
}

/** `timestamp (0) with time zone` would round; without time zone the instant depends on the session. */
function keepsMilliseconds(sqlType: string): boolean {
  const precision = /^timestamp ?(?:\((\d)\))? with time zone$/.exec(sqlType)
  return precision !== null && Number(precision[1] ?? 6) >= 3
}
