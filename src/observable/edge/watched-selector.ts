import type { ChangedRow } from '#event-store/change-event.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import { type Row, rowKey, type Selector, type SelectorPatch } from '#vortex/protocol/row.ts'
import type { Snapshot, SnapshotMeta } from '#vortex/protocol/snapshot.ts'
import { encodeToken, type ResumePoint } from './resume-token.ts'

/**
 * One selector that somebody watches: its rows as of a position, what has changed since the last flush, and the latest
 * patches for those who come back. Everything is kept once, however many watch.
 */
export type WatchedSelector = {
  /** How frames name it on this server. */
  readonly sel: number
  readonly key: string
  readonly name: string
  readonly selector: Selector
  readonly meta: SnapshotMeta
  readonly rows: Map<string, Row>
  /** Changes up to here are in the rows already. */
  loadedAt: Position
  readonly unsent: { readonly rows: Map<string, Row | undefined>; readonly acts: Set<string> }
  readonly sent: {
    readonly patches: { readonly to: Position; readonly text: string }[]
    completeSince: Position
    sizeChars: number
  }
  rowsText: string | undefined
}

const sentSizeCharsMax = 256_000
const sentCountMax = 500

export function createWatchedSelector(
  sel: number,
  key: string,
  name: string,
  selector: Selector,
  snapshot: Snapshot,
): WatchedSelector {
  const { meta, rows } = snapshot
  const loadedAt = meta.position as Position
  return {
    sel,
    key,
    name,
    selector,
    meta,
    rows: new Map(rows.map((row) => [rowKey(row, meta.keyedBy), row])),
    loadedAt,
    unsent: { rows: new Map(), acts: new Set() },
    sent: { patches: [], completeSince: loadedAt, sizeChars: 0 },
    rowsText: undefined,
  }
}

/** Takes one changed row; `isMember` says whether the row belongs to the selector now. */
export function takeChange(watched: WatchedSelector, change: ChangedRow, isMember: boolean): void {
  const row = isMember ? change.a : undefined
  if (row === undefined && !watched.rows.has(change.k)) return
  if (row === undefined) watched.rows.delete(change.k)
  else watched.rows.set(change.k, row)
  watched.unsent.rows.set(change.k, row)
  for (const act of change.c ?? []) watched.unsent.acts.add(act)
  watched.rowsText = undefined
}

/** Replaces the rows by a newer snapshot; what differs becomes unsent changes. */
export function takeSnapshot(watched: WatchedSelector, rows: readonly Row[]): void {
  const next = new Map(rows.map((row) => [rowKey(row, watched.meta.keyedBy), row]))
  for (const key of watched.rows.keys()) if (!next.has(key)) takeChange(watched, { k: key }, false)
  for (const [key, row] of next)
    if (JSON.stringify(watched.rows.get(key)) !== JSON.stringify(row)) takeChange(watched, { k: key, a: row }, true)
}

export function isDirty(watched: WatchedSelector): boolean {
  return watched.unsent.rows.size > 0
}

/** The unsent changes as the text of one patch at `point`, encoded once (O3), and kept for those who resume. */
export function drainPatch(watched: WatchedSelector, point: ResumePoint): string {
  const set: Row[] = []
  const del: string[] = []
  for (const [key, row] of watched.unsent.rows) row === undefined ? del.push(key) : set.push(row)
  const patch: SelectorPatch = {
    sel: watched.sel,
    token: encodeToken(point),
    position: point.position,
    set,
    del,
    acts: [...watched.unsent.acts],
  }
  watched.unsent.rows.clear()
  watched.unsent.acts.clear()
  const text = JSON.stringify(patch)
  keepSent(watched, point.position, text)
  return text
}

function keepSent({ sent }: WatchedSelector, to: Position, text: string): void {
  sent.patches.push({ to, text })
  sent.sizeChars += text.length
  while (sent.patches.length > sentCountMax || sent.sizeChars > sentSizeCharsMax) {
    const oldest = sent.patches.shift()
    if (!oldest) return
    sent.sizeChars -= oldest.text.length
    sent.completeSince = oldest.to
  }
}

/** The patches after a resume point, or undefined when only a snapshot will do. */
export function patchesSince(
  watched: WatchedSelector,
  from: ResumePoint,
  now: ResumePoint,
): readonly string[] | undefined {
  const fits = from.incarnation === now.incarnation && from.version === now.version
  if (!fits || comparePositions(from.position, watched.sent.completeSince) < 0) return undefined
  if (comparePositions(from.position, now.position) > 0) return undefined
  return watched.sent.patches
    .filter((patch) => comparePositions(patch.to, from.position) > 0)
    .map((patch) => patch.text)
}

export function rowsText(watched: WatchedSelector): string {
  watched.rowsText ??= JSON.stringify([...watched.rows.values()])
  return watched.rowsText
}
