import type { Row } from '#vortex/protocol/row.ts'
import type { RowKey } from '../define-projection.ts'
import type { RowChange } from '../fold.ts'

/** One row to write, or to delete where `row` is undefined. */
export type UnsavedRow = { readonly keyValues: RowKey; readonly row: Row | undefined }
export type UnsavedRows = ReadonlyMap<string, ReadonlyMap<string, UnsavedRow>>

/**
 * The rows of a shadow that are in memory. Unsaved ones are the truth and stay; saved ones are a cache of the tables, and
 * make room, those first that were changed longest ago.
 *
 * Asks: `takeUnsaved` and then `noteSaved` or `clear`, one save at a time.
 */
export interface ShadowRows {
  has(table: string, key: string): boolean
  /** Undefined also for a row that is known to be absent. */
  get(table: string, key: string): Row | undefined
  /** As loaded from the tables. */
  put(table: string, key: string, row: Row | undefined): void
  /** As folded: unsaved from now on. */
  take(changes: ReadonlyMap<string, readonly RowChange[]>): void
  heldCount(): number
  unsavedCount(): number
  /** About how much memory the rows take: a sample of those folded, times their number. */
  heldBytes(): number
  takeUnsaved(): UnsavedRows
  noteSaved(): void
  /** Forgets saved rows until at most so many are held, or only unsaved ones are left. Answers whether any went. */
  shrinkTo(count: number): boolean
  clear(): void
}

type Table = {
  readonly rows: Map<string, Row | undefined>
  unsaved: Map<string, UnsavedRow>
  saving: ReadonlyMap<string, UnsavedRow>
}

const sampleEvery = 64
/** What a row costs beside its text: objects, two entries of maps. */
const rowOverheadBytes = 300
const bytesPerChar = 2

export function createShadowRows(tableNames: readonly string[]): ShadowRows {
  const none: ReadonlyMap<string, UnsavedRow> = new Map()
  const tables = new Map<string, Table>(
    tableNames.map((name) => [name, { rows: new Map(), unsaved: new Map(), saving: none }]),
  )
  let sampledRows = 0
  let sampledBytes = 0
  let takenCount = 0

  const sum = (count: (table: Table) => number): number => {
    let total = 0
    for (const table of tables.values()) total += count(table)
    return total
  }
  const heldCount = (): number => sum(({ rows }) => rows.size)
  const sample = (row: Row): void => {
    sampledRows++
    sampledBytes += JSON.stringify(row).length * bytesPerChar + rowOverheadBytes
  }

  const take = (table: Table, change: RowChange): void => {
    const { key, keyValues, after } = change
    // Moves to the end: what changes often is kept.
    if (!table.unsaved.has(key)) table.rows.delete(key)
    table.rows.set(key, after)
    table.unsaved.set(key, { keyValues, row: after })
    if (takenCount++ % sampleEvery === 0 && after) sample(after)
  }

  const shrink = (table: Table, excess: number): number => {
    let gone = 0
    for (const key of table.rows.keys()) {
      if (gone >= excess) break
      if (table.unsaved.has(key) || table.saving.has(key)) continue
      table.rows.delete(key)
      gone++
    }
    return gone
  }

  return {
    has: (table, key) => tables.get(table)?.rows.has(key) ?? false,
    get: (table, key) => tables.get(table)?.rows.get(key),
    put: (table, key, row) => void tables.get(table)?.rows.set(key, row),
    take: (changes) => {
      for (const [name, list] of changes) {
        const table = tables.get(name)
        if (table) for (const change of list) take(table, change)
      }
    },
    heldCount,
    unsavedCount: () => sum(({ unsaved, saving }) => unsaved.size + saving.size),
    heldBytes: () => heldCount() * (sampledRows === 0 ? rowOverheadBytes : sampledBytes / sampledRows),
    takeUnsaved: () => {
      for (const table of tables.values()) {
        table.saving = table.unsaved
        table.unsaved = new Map()
      }
      return new Map([...tables].map(([name, { saving }]) => [name, saving]))
    },
    noteSaved: () => {
      for (const table of tables.values()) table.saving = none
    },
    shrinkTo: (count) => {
      let gone = 0
      for (const table of tables.values()) gone += shrink(table, heldCount() - count)
      return gone > 0
    },
    clear: () => {
      for (const table of tables.values()) {
        table.rows.clear()
        table.unsaved = new Map()
        table.saving = none
      }
    },
  }
}
