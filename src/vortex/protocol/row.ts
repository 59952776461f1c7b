import type { Json } from '#kernel/json.ts'
import { canonicalJson } from '#kernel/json.ts'

/** A row as it travels: plain JSON values by tuple field name. */
export type Row = { readonly [field: string]: Json }
/** The fields a watcher picks by, with the values picked. */
export type Selector = { readonly [field: string]: string | number | boolean | null }

/** What changed for one selector between two named positions. `set` holds whole rows, `del` holds keys. */
export type SelectorPatch = {
  readonly sel: number
  /** Where the observation stands after this patch: the resume token. */
  readonly token: string
  readonly position: string
  readonly set: readonly Row[]
  readonly del: readonly string[]
  /** Actions whose effect this patch brings. */
  readonly acts: readonly string[]
}

/** What an observable shows of a row: these fields, in this order, and no other. */
export function pickFields(row: Row, fields: readonly string[]): Row {
  const shown: { [field: string]: Json } = {}
  for (const field of fields) {
    const value = row[field]
    if (value !== undefined) shown[field] = value
  }
  return shown
}

/** The text that names a row within its observable. */
export function rowKey(row: Row, keyedBy: readonly string[]): string {
  const first = keyedBy[0]
  if (keyedBy.length === 1 && first !== undefined && typeof row[first] === 'string') return row[first]
  return canonicalJson(keyedBy.map((field) => row[field] ?? null))
}

/** The text that names a selector of an observable: equal picks have equal text. */
export function selectorKey(name: string, selector: Selector): string {
  return `${name} ${canonicalJson(selector)}`
}

/** Compares rows by the fields of `orderBy`, then by key, so that every screen shows one order. */
export function compareRows(orderBy: readonly string[], keyedBy: readonly string[]): (a: Row, b: Row) => number {
  const fields = [...orderBy, ...keyedBy]
  return (a, b) => {
    for (const field of fields) {
      const order = compareValues(a[field] ?? null, b[field] ?? null)
      if (order !== 0) return order
    }
    return 0
  }
}

function compareValues(a: Json, b: Json): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [String(a), String(b)]
  return left < right ? -1 : left > right ? 1 : 0
}
