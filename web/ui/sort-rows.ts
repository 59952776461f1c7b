import { lazily } from './lazily.ts'

/** By which column rows are sorted, named by its title. */
export type Sorting = { readonly title: string; readonly isDescending: boolean }

type SortKey = number | string | null

/** A sorted copy. Rows without a key come last either way, and equal ones stay in the order they came in. */
export function sortRows<T>(rows: readonly T[], keyOf: (row: T) => SortKey, isDescending: boolean): readonly T[] {
  return rows
    .map((row) => ({ row, key: keyOf(row) }))
    .sort((a, b) => compare(a.key, b.key, isDescending))
    .map(({ row }) => row)
}

function compare(a: SortKey, b: SortKey, isDescending: boolean): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0)
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : collator().compare(String(a), String(b))
  return isDescending ? -order : order
}

/** `w2` before `w10`. */
const collator = lazily(() => new Intl.Collator(undefined, { numeric: true }))
