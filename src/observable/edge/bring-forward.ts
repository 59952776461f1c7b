import type { ChangedEvent, ReadModelLife } from '#event-store/change-event.ts'
import { assert } from '#kernel/assert.ts'
import { comparePositions, parsePosition } from '#kernel/position.ts'
import { pickFields, type Row, type Selector } from '#vortex/protocol/row.ts'
import type { Snapshot } from '#vortex/protocol/snapshot.ts'
import { isBeyond, isSameLife, lifeBefore, type ResumePoint } from './resume-token.ts'
import { isPickedBy, toRowMap } from './selector-rows.ts'

export type BroughtForward = {
  readonly point: ResumePoint
  readonly rows: Map<string, Row>
  /** Actions whose effect the changes brought. */
  readonly acts: readonly string[]
}

/**
 * A snapshot and the changes that were announced while it was on its way, as one state: at least as new as its feed and
 * as what was shown before. Undefined when it cannot be joined to them without a gap: it must be asked for again.
 */
export function bringForward(options: {
  readonly snapshot: Snapshot
  readonly selector: Selector
  /** Announcements of its feed since it was asked for. */
  readonly changes: readonly ChangedEvent[]
  readonly feedPoint: ResumePoint | undefined
  readonly shownPoint: ResumePoint | undefined
  /** Lives that are over: nobody is shown them again. */
  readonly isOver: (life: ReadModelLife) => boolean
}): BroughtForward | undefined {
  const { snapshot, selector, feedPoint, shownPoint } = options
  let point = pointOfSnapshot(snapshot)
  const { table, fields, keyedBy } = snapshot.meta
  const rows = toRowMap(snapshot.rows, keyedBy)
  const acts: string[] = []
  for (const commit of toCommits(options.changes)) {
    const [first] = commit
    const { incarnation, version, from, to } = first
    if (isSameLife(first, point) ? comparePositions(to, point.position) <= 0 : !isSameLife(lifeBefore(first), point))
      continue
    if (from !== point.position) return undefined
    for (const { tables } of commit)
      for (const { k, a, c } of tables[table] ?? []) {
        if (isPickedBy(selector, a)) rows.set(k, pickFields(a, fields))
        else if (!rows.delete(k)) continue
        acts.push(...(c ?? []))
      }
    point = { incarnation, version, position: to }
  }
  if (options.isOver(point) || (feedPoint && !isSameLife(point, feedPoint))) return undefined
  const isBehind = [feedPoint, shownPoint].some((other) => other && isBeyond(other, point))
  return isBehind ? undefined : { point, rows, acts }
}

function pointOfSnapshot({ meta: { incarnation, version, position: text } }: Snapshot): ResumePoint {
  const position = parsePosition(text)
  assert(position, `a snapshot stands at a position, found "${text}"`)
  return { incarnation, version, position }
}

type Commit = [ChangedEvent, ...ChangedEvent[]]

/** The parts of a commit belong together. */
function toCommits(changes: readonly ChangedEvent[]): Commit[] {
  const commits: Commit[] = []
  for (const change of changes) {
    const last = commits.at(-1)
    if (last && change.part > 0) last.push(change)
    else commits.push([change])
  }
  return commits
}
