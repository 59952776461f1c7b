import type { Json } from '#kernel/json.ts'
import { canonicalJson } from '#kernel/json.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { rowKey } from '#vortex/protocol/row.ts'

/** One row before and after: `before` is null where it was not there, `after` where it is gone. */
export type RowDifferenceThen = {
  readonly key: string
  readonly before: Row | null
  readonly after: Row | null
  /** Fields whose values differ; of a row that came or went, none. */
  readonly fields: readonly string[]
}

/** Rows that came, went or changed between two looks at the same rows, in the order of `after`, gone ones last. */
export function differenceOfRows(
  before: readonly Row[],
  after: readonly Row[],
  keyedBy: readonly string[],
): readonly RowDifferenceThen[] {
  const earlier = new Map(before.map((row) => [rowKey(row, keyedBy), row]))
  const changes: RowDifferenceThen[] = []
  for (const row of after) {
    const key = rowKey(row, keyedBy)
    const was = earlier.get(key) ?? null
    earlier.delete(key)
    const fields = was ? changedFields(was, row) : []
    if (!was || fields.length > 0) changes.push({ key, before: was, after: row, fields })
  }
  for (const [key, row] of earlier) changes.push({ key, before: row, after: null, fields: [] })
  return changes
}

export function changedFields(before: Row, after: Row): readonly string[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return fields.filter((field) => textOf(before[field]) !== textOf(after[field]))
}

function textOf(value: Json | undefined): string {
  return canonicalJson(value ?? null)
}
