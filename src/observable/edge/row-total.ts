import { countRows, type WatchedSelector } from './watched-selector.ts'

/** How many rows all selectors hold together, kept up to date one selector at a time (O5). */
export interface RowTotal {
  /** The selector may hold another number of rows than it did. */
  note(watched: WatchedSelector): void
  count(): number
  /** What it would be with so many rows in this selector. */
  countWith(watched: WatchedSelector, rowCount: number): number
}

export function createRowTotal(): RowTotal {
  const counted = new Map<WatchedSelector, number>()
  let total = 0
  return {
    note: (watched) => {
      const count = countRows(watched)
      total += count - (counted.get(watched) ?? 0)
      if (count === 0) counted.delete(watched)
      else counted.set(watched, count)
    },
    count: () => total,
    countWith: (watched, rowCount) => total - (counted.get(watched) ?? 0) + rowCount,
  }
}
