/** Gives values the form in which Postgres returns them, so that a row in memory equals the row read back. */
import type { Json } from '#kernel/json.ts'

/** Postgres text holds neither NUL nor half of a surrogate pair; one such letter must not stop a whole projection. */
export function toStorableText(text: string): string {
  return (text.isWellFormed() ? text : text.toWellFormed()).replaceAll('\u0000', '\ufffd')
}

/** The spelling of letters that jsonb refuses, in JSON text; also matches harmless ones, which costs only time. */
const suspiciousEscape = /\\u(?:0000|d[89a-f])/

/** As JSON.stringify sees it: without functions and undefined, dates as text, -0 as 0. Undefined for what has no JSON. */
export function toStorableJson(value: unknown): Json | undefined {
  const text = tryStringify(value)
  if (text === undefined || text === 'null') return undefined
  const plain = JSON.parse(text) as Json
  return suspiciousEscape.test(text) ? cleanTexts(plain) : plain
}

function tryStringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    // A cycle, or a bigint.
    return undefined
  }
}

function cleanTexts(value: Json): Json {
  if (typeof value === 'string') return toStorableText(value)
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(cleanTexts)
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [toStorableText(key), cleanTexts(entry)]))
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

const earliest = Date.UTC(2000, 0, 1) - 1999 * 365.2425 * 86_400_000
const latest = Date.parse('9999-12-31T23:59:59.999Z')
/** With its zone spelled out; anything else would be read in the zone of the machine. */
const zonedIsoText = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/

/** The instant as Date.toISOString() writes it, given as such text, as milliseconds or as a Date. */
export function toIsoText(value: unknown): string | undefined {
  const instant = toInstant(value)
  return instant >= earliest && instant <= latest ? new Date(instant).toISOString() : undefined
}

function toInstant(value: unknown): number {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number.NaN
  if (value instanceof Date) return value.getTime()
  return typeof value === 'string' && zonedIsoText.test(value) ? Date.parse(value) : Number.NaN
}
