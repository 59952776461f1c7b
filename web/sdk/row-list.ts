import { canonicalJson, type Json } from '#kernel/json.ts'
import type { Row } from '#vortex/protocol/row.ts'

/** Where the row is in a sorted list, or where it belongs. */
export function findPlace(sorted: readonly Row[], row: Row, compare: (a: Row, b: Row) => number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = sorted[middle]
    if (other !== undefined && compare(other, row) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The fields of `after` that differ from `before`; a field that is gone becomes undefined. */
export function changedFields(before: Row, after: Row): { [field: string]: Json | undefined } {
  const changed: { [field: string]: Json | undefined } = {}
  for (const [field, value] of Object.entries(after)) {
    if (!isSame(before[field], value)) changed[field] = value
  }
  for (const field of Object.keys(before)) {
    if (!(field in after)) changed[field] = undefined
  }
  return changed
}

function isSame(a: Json | undefined, b: Json): boolean {
  if (a === b) return true
  return typeof a === 'object' && typeof b === 'object' && canonicalJson(a) === canonicalJson(b)
}
