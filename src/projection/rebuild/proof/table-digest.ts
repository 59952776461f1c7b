import { canonicalJson } from '#kernel/json.ts'
import type { Row } from '#vortex/protocol/row.ts'

/**
 * A hash of many rows that does not ask for their order: the sum of two independent hashes of each. Equal for equal sets
 * of rows; 128 bits, so that others do not meet it by chance.
 */
export interface TableDigest {
  add(row: Row): void
  rowCount(): number
  hex(): string
}

const mask = (1n << 64n) - 1n
const [firstSeed, secondSeed] = [0n, 0x9e3779b97f4a7c15n]

export function createTableDigest(): TableDigest {
  let [first, second, rowCount] = [0n, 0n, 0]
  return {
    add: (row) => {
      // Sorted names: Postgres keeps those within a jsonb in an order of its own.
      const text = canonicalJson(row)
      first = (first + Bun.hash.xxHash64(text, firstSeed)) & mask
      second = (second + Bun.hash.xxHash64(text, secondSeed)) & mask
      rowCount++
    },
    rowCount: () => rowCount,
    hex: () => [first, second].map((half) => half.toString(16).padStart(16, '0')).join(''),
  }
}
