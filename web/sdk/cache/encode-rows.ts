import { isJsonObject, type Json, tryParseJson } from '#kernel/json.ts'
import type { Row } from '#vortex/protocol/row.ts'

/**
 * Rows as one text: JSON, and where all rows have the same fields these are named once. Measured in a browser with rows of
 * 190 characters: a quarter smaller, written twice and read as fast as plain JSON; gzip was an eighth of the size, and fifteen
 * times slower to read, which a cold start on a slow tablet would feel.
 */
export function encodeRows(rows: readonly Row[]): string {
  const [first] = rows
  const fields = first && Object.keys(first)
  if (fields === undefined || !rows.every((row) => hasExactly(row, fields))) return JSON.stringify({ rows })
  return JSON.stringify({ fields, values: rows.map((row) => fields.map((field) => row[field])) })
}

/** Undefined for what no rows are written as. */
export function decodeRows(text: string): readonly Row[] | undefined {
  const found = tryParseJson(text)
  if (!isJsonObject(found)) return undefined
  const { rows, fields, values } = found
  if (Array.isArray(rows)) return rows.every(isJsonObject) ? rows : undefined
  if (!Array.isArray(fields) || !Array.isArray(values)) return undefined
  const names = fields.filter((field) => typeof field === 'string')
  return values.map((row: readonly Json[]) => toRow(names, row))
}

function toRow(fields: readonly string[], values: readonly Json[]): Row {
  const row: { [field: string]: Json } = {}
  for (let place = 0; place < fields.length; place++) row[fields[place] ?? ''] = values[place] ?? null
  return row
}

/** In any order, and each with a value: what is absent is not null. */
function hasExactly(row: Row, fields: readonly string[]): boolean {
  return Object.keys(row).length === fields.length && fields.every((field) => row[field] !== undefined)
}
