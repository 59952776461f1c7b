import type { Json } from '#kernel/json.ts'
import type { Row } from '#vortex/protocol/row.ts'

/** The rows whose key falls into the sample, in maps given by the caller: the share of keys halves when they outgrow their size. */
export interface KeySample {
  holds(table: string, key: string): boolean
  /** A row the sample holds, as it is now; undefined for one that is gone. */
  put(table: string, key: string, row: Row | undefined): void
  count(): number
  share(): number
}

export function createKeySample(tables: ReadonlyMap<string, Map<string, Row>>, sizeMax: number): KeySample {
  let halvings = 0
  let size = 0
  let count = 0

  /** Decided by the key alone: whoever has it now has had it from the beginning. */
  const holds = (table: string, key: string): boolean =>
    halvings === 0 || Bun.hash.xxHash32(`${table} ${key}`) % 2 ** halvings === 0

  const take = (rows: Map<string, Row>, key: string, row: Row | undefined): void => {
    const before = rows.get(key)
    if (before && row) size += growthOf(before, row)
    else if (before) size -= sizeOf(key, before)
    else if (row) size += sizeOf(key, row)
    count += Number(row !== undefined) - Number(before !== undefined)
    if (row) rows.set(key, row)
    else rows.delete(key)
  }

  const halve = (): void => {
    halvings++
    for (const [table, rows] of tables)
      for (const key of rows.keys()) if (!holds(table, key)) take(rows, key, undefined)
  }

  return {
    holds,
    put: (table, key, row) => {
      const rows = tables.get(table)
      if (!rows || !holds(table, key)) return
      take(rows, key, row)
      while (size > sizeMax && count > 1) halve()
    },
    count: () => count,
    share: () => 1 / 2 ** halvings,
  }
}

const objectBytes = 64
const valueBytes = 24

/** About what it takes in memory: near enough to keep within a budget. */
function sizeOf(key: string, row: Row): number {
  let bytes = 2 * objectBytes + key.length
  for (const field in row) bytes += sizeOfValue(row[field])
  return bytes
}

/** By how much it grew: most of a row is the very same as before. */
function growthOf(before: Row, after: Row): number {
  let bytes = 0
  for (const field in after)
    if (after[field] !== before[field]) bytes += sizeOfValue(after[field]) - sizeOfValue(before[field])
  return bytes
}

function sizeOfValue(value: Json | undefined): number {
  if (typeof value === 'string') return valueBytes + value.length
  if (typeof value === 'object' && value !== null) return valueBytes + objectBytes + 2 * JSON.stringify(value).length
  return valueBytes
}
