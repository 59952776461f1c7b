import type { ChangedRow } from '#event-store/change-event.ts'
import { pickFields, type Row, rowKey, type Selector, type SelectorPatch } from '#vortex/protocol/row.ts'
import {
  addDigests,
  digestRow,
  digestRows,
  hashOfRows,
  type RowsDigest,
  subtractDigest,
} from '#vortex/protocol/rows-digest.ts'
import type { SnapshotMeta } from '#vortex/protocol/snapshot.ts'
import { encodeToken, type ResumePoint } from './resume-token.ts'
import { createSentPatches, type SentPatches } from './sent-patches.ts'

/**
 * The rows of one selector since it was last looked at, what has changed since the last flush, and the latest patches.
 * Everything is kept once, however many watch.
 */
export type SelectorRows = {
  /** How frames name the selector on this server. */
  readonly sel: number
  readonly selector: Selector
  readonly meta: SnapshotMeta
  /** Where the rows stood when they were looked at: changes up to here are in them already. */
  start: ResumePoint
  readonly rows: Map<string, Row>
  readonly unsent: { readonly rows: Map<string, Row | undefined>; readonly acts: Set<string> }
  sent: SentPatches
  /**
   * The next patch tells what differs from an earlier look. It fits those who saw that one, and nobody who was
   * somewhere in between: it brings no row that changed and changed back.
   */
  isLeap: boolean
  text: string | undefined
  /** Made when it is first asked for, and kept up from then on. */
  digest: RowsDigest | undefined
}

/** Patches kept for those who come back: a few times what the rows themselves would take, within limits. */
const sentCharsARow = 1_000
const sentCharsMin = 16_000
const sentCharsMax = 256_000

export function createSelectorRows(
  selector: Selector,
  found: {
    readonly sel: number
    readonly meta: SnapshotMeta
    readonly point: ResumePoint
    readonly rows: Map<string, Row>
  },
): SelectorRows {
  const { sel, meta, point: start, rows } = found
  return {
    sel,
    selector,
    meta,
    start,
    rows,
    unsent: { rows: new Map(), acts: new Set() },
    sent: createSentPatches(start, sentSizeMax(rows.size)),
    isLeap: false,
    text: undefined,
    digest: undefined,
  }
}

/** Takes one changed row; `isMember` says whether the row belongs to the selector now. */
export function takeChange(target: SelectorRows, change: ChangedRow, isMember: boolean): void {
  const row = isMember && change.a ? pickFields(change.a, target.meta.fields) : undefined
  if (row === undefined && !target.rows.has(change.k)) return
  if (target.digest) target.digest = keepUp(target.digest, target.rows.get(change.k), row)
  if (row === undefined) target.rows.delete(change.k)
  else target.rows.set(change.k, row)
  target.unsent.rows.set(change.k, row)
  for (const act of change.c ?? []) target.unsent.acts.add(act)
  target.text = undefined
}

/** The projection goes on in another life, in which these rows stand as they are now. */
export function goOn(target: SelectorRows, end: ResumePoint, begin: ResumePoint): void {
  target.start = begin
  target.sent.goOn(end, begin)
}

/** What leads from rows shown earlier to these becomes the next patch, even when nothing differs: the point does. */
export function leapFrom(target: SelectorRows, earlier: ReadonlyMap<string, Row>, acts: Iterable<string>): void {
  const { rows, unsent } = target
  for (const key of earlier.keys()) if (!rows.has(key)) unsent.rows.set(key, undefined)
  for (const [key, row] of rows) if (JSON.stringify(earlier.get(key)) !== JSON.stringify(row)) unsent.rows.set(key, row)
  for (const act of acts) unsent.acts.add(act)
  target.isLeap = true
}

export function isDirty(target: SelectorRows): boolean {
  return target.isLeap || target.unsent.rows.size > 0
}

/** The unsent changes as the text of one patch at `point`, encoded once (O3), and kept for those who resume. */
export function drainPatch(target: SelectorRows, point: ResumePoint): string {
  const { sel, unsent } = target
  const set: Row[] = []
  const del: string[] = []
  for (const [key, row] of unsent.rows) row === undefined ? del.push(key) : set.push(row)
  const { position } = point
  const patch: SelectorPatch = { sel, token: encodeToken(point), position, set, del, acts: [...unsent.acts] }
  unsent.rows.clear()
  unsent.acts.clear()
  const text = JSON.stringify(patch)
  if (target.isLeap) target.sent = createSentPatches(point, sentSizeMax(target.rows.size))
  else target.sent.keep(point, text)
  target.isLeap = false
  return text
}

/** All rows as the body of a frame, encoded once as long as they stay as they are. */
export function rowsText(target: SelectorRows): string {
  target.text ??= JSON.stringify([...target.rows.values()])
  return target.text
}

/** What the rows hash to, for those who have some already. */
export function hashOf(target: SelectorRows): string {
  const { rows, meta } = target
  target.digest ??= digestRows(rows.values())
  const { keyedBy, orderBy } = meta
  return hashOfRows({ digest: target.digest, count: rows.size, keyedBy, orderBy })
}

function keepUp(digest: RowsDigest, before: Row | undefined, after: Row | undefined): RowsDigest {
  const without = before ? subtractDigest(digest, digestRow(before)) : digest
  return after ? addDigests(without, digestRow(after)) : without
}

export function isPickedBy(selector: Selector, row: Row | undefined): row is Row {
  return row !== undefined && Object.entries(selector).every(([field, value]) => (row[field] ?? null) === value)
}

export function toRowMap(rows: readonly Row[], keyedBy: readonly string[]): Map<string, Row> {
  return new Map(rows.map((row) => [rowKey(row, keyedBy), row]))
}

function sentSizeMax(rowCount: number): number {
  return Math.min(sentCharsMax, Math.max(sentCharsMin, rowCount * sentCharsARow))
}
