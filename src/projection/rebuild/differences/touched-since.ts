import { type ChangeEvent, parseChangeEvent } from '#event-store/change-event.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { changesStream } from '#event-store/stream-name.ts'
import { comparePositions, type Position } from '#kernel/position.ts'

const pageCount = 50

/**
 * Calls `note` with the rows that the live projector has announced as changed after a position, in one life. Answers how
 * far that is known in full, to go on from; undefined when it is not: other lives, marks that tell nothing, announcements
 * that are gone.
 */
export async function noteTouchedSince(
  store: EventStore,
  projection: { readonly plugin: string; readonly name: string },
  since: { readonly incarnation: string; readonly position: Position },
  note: (table: string, key: string) => void,
): Promise<Position | undefined> {
  const stream = changesStream(projection.plugin, projection.name)
  let reached: Position | undefined
  for (let from: number | 'end' = 'end'; ; ) {
    const page = await store.readStream(stream, { from, direction: 'backwards', countMax: pageCount })
    for (const { type, data } of page) {
      const change = parseChangeEvent(type, data)
      if (change?.incarnation !== since.incarnation) return undefined
      reached ??= endOf(change)
      if (comparePositions(change.to, since.position) <= 0)
        return comparePositions(reached, since.position) > 0 ? reached : since.position
      if (change.kind === 'resync') return undefined
      for (const [table, rows] of Object.entries(change.tables)) for (const { k } of rows) note(table, k)
    }
    const oldest = page.at(-1)?.revision
    if (oldest === undefined || oldest === 0) return undefined
    from = oldest - 1
  }
}

/** Of a commit whose last parts are still to be announced, nothing counts as known. */
function endOf(change: ChangeEvent): Position {
  const isWhole = change.kind === 'resync' || change.part === change.parts - 1
  return isWhole ? change.to : change.from
}
