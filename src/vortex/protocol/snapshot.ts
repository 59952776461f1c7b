import * as v from 'valibot'
import { isAdmin, type Principal } from './principal.ts'
import type { Row, Selector } from './row.ts'

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
  /** Who may see it; `own-device`: administrators, and each device what the selector picks of its own. */
  access: v.picklist(['everyone', 'admin', 'own-device']),
})
export type SnapshotMeta = v.InferOutput<typeof snapshotMetaSchema>
export type ObservableAccess = SnapshotMeta['access']
export type Snapshot = { readonly meta: SnapshotMeta; readonly rows: readonly Row[] }

export const snapshotRequestName = 'peek.snapshot'
export const statusReportName = 'peek.report'
/** One answer is never larger: a screen that needs more should pick by a selector. */
export const snapshotRowsMax = 20_000

/** Why somebody may not see what the selector picks, or undefined. Asked where rows are read and where they are kept (S4). */
export function refuseAccess(
  { name, access }: { readonly name: string; readonly access: ObservableAccess },
  selector: Selector,
  by: Principal,
): string | undefined {
  if (access === 'everyone' || isAdmin(by)) return undefined
  if (access === 'admin') return `${name} is for administrators; you are signed in as ${by.user}.`
  return selector.device === by.device ? undefined : `${name} shows each device its own only: pick by "device".`
}
