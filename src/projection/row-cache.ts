import type { Row } from '#vortex/protocol/row.ts'
import type { RowChange } from './fold.ts'

/**
 * Rows as last committed, so that a hot row costs no read. Right because a read model has one writer; emptied whenever
 * a commit fails. `undefined` is remembered too: a row that is known not to exist.
 */
export interface RowCache {
  has(table: string, key: string): boolean
  get(table: string, key: string): Row | undefined
  put(table: string, key: string, row: Row | undefined): void
  take(changes: ReadonlyMap<string, readonly RowChange[]>): void
  clear(): void
}

export function createRowCache(countMax: number): RowCache {
  const rows = new Map<string, Row | undefined>()
  const idOf = (table: string, key: string): string => `${table} ${key}`
  const put = (table: string, key: string, row: Row | undefined): void => {
    const id = idOf(table, key)
    rows.delete(id)
    rows.set(id, row)
  }
  return {
    has: (table, key) => rows.has(idOf(table, key)),
    get: (table, key) => rows.get(idOf(table, key)),
    put,
    take: (changes) => {
      for (const [table, list] of changes) for (const change of list) put(table, change.key, change.after)
      for (const id of rows.keys()) {
        if (rows.size <= countMax) break
        rows.delete(id)
      }
    },
    clear: () => rows.clear(),
  }
}
