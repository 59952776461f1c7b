import { must } from '#kernel/assert.ts'
import { selectRowsByKey } from '#storage/bulk-write.ts'
import type { QueryRunner } from '#storage/client.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import type { RowChange } from '../fold.ts'
import { keyText, shapeOf } from '../table-shape.ts'
import { findCommonColumns } from './common-columns.ts'

/** Keys of rows by table, as `keyText` writes them. */
export type KeysByTable = { readonly [table: string]: readonly string[] }

/**
 * The rows with these keys in the live tables and in the shadow, as changes from the one to the other. Neither may change
 * meanwhile. Live columns that the shadow's definition does not know, or knows differently, are left out.
 */
export async function readDiffering(
  tx: QueryRunner,
  definition: ProjectionDefinition,
  schemas: { readonly liveSchema: string; readonly shadowSchema: string },
  keys: KeysByTable,
): Promise<ReadonlyMap<string, readonly RowChange[]>> {
  const [live, shadow] = [definition.model.build(schemas.liveSchema), definition.model.build(schemas.shadowSchema)]
  const changes = new Map<string, readonly RowChange[]>()
  for (const [name, texts] of Object.entries(keys)) {
    if (texts.length === 0) continue
    const liveTable = must(live[name], `${name} is a table of the projection`)
    const shadowTable = must(shadow[name], `${name} is a table of the projection`)
    const shape = shapeOf(shadowTable)
    const named = texts.map((key) => ({ key, keyValues: shape.parseKey(key) }))
    const keyRows = named.map(({ keyValues }) => shape.keyRow(keyValues))
    const common = await findCommonColumns(tx, shadowTable, schemas.liveSchema)
    const byKey = (rows: readonly Row[]) => new Map(rows.map((row) => [keyText(shape.keyOf(row)), row]))
    const before = common && byKey(await selectRowsByKey(tx, liveTable, keyRows, (column) => common.has(column)))
    const after = byKey(await selectRowsByKey(tx, shadowTable, keyRows))
    changes.set(
      name,
      named.map(({ key, keyValues }) => ({
        key,
        keyValues,
        before: before?.get(key),
        after: after.get(key),
        acts: [],
      })),
    )
  }
  return changes
}
