import * as v from 'valibot'
import type { Row } from './row.ts'

/** What a role server asks logic for once a selector: the rows at a named position, and how to follow them. */
export const snapshotMetaSchema = v.strictObject({
  /** The projection whose change stream brings what comes next, `<plugin>.<projection>`, and its table there. */
  feed: v.string(),
  table: v.string(),
  incarnation: v.string(),
  version: v.number(),
  position: v.string(),
  /** What may be shown of a changed row: the feed carries more, for other observables of the same table. */
  fields: v.array(v.string()),
  keyedBy: v.array(v.string()),
  orderBy: v.array(v.string()),
  selectorFields: v.array(v.string()),
  access: v.picklist(['everyone', 'admin']),
})
export type SnapshotMeta = v.InferOutput<typeof snapshotMetaSchema>
export type Snapshot = { readonly meta: SnapshotMeta; readonly rows: readonly Row[] }

export const snapshotRequestName = 'peek.snapshot'
/** Which plugins run: `{ enabled: [ids] }`. */
export const pluginsRequestName = 'peek.plugins'
export const statusReportName = 'peek.report'
/** One answer is never larger: a screen that needs more should pick by a selector. */
export const snapshotRowsMax = 20_000
