import { parseChangeEvent } from '#event-store/change-event.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { changesStream } from '#event-store/stream-name.ts'
import { comparePositions, type Position } from '#kernel/position.ts'

const pageCount = 50

/**
 * Calls `note` with the rows that the live projector has announced as changed after a position, in one life. False when
 * that is not known in full: other lives, marks that tell nothing, announcements that are gone.
 */
export async function noteTouchedSince(
  store: EventStore,
  projection: { readonly plugin: string; readonly name: string },
  since: { readonly incarnation: string; readonly position: Position },
  note: (table: string, key: string) => void,
): Promise<boolean> {
  const stream = changesStream(projection.plugin, projection.name)
  for (let from: number | 'end' = 'end'; ; ) {
    const page = await store.readStream(stream, { from, direction: 'backwards', countMax: pageCount })
    for (const { type, data } of page) {
      const change = parseChangeEvent(type, data)
      if (change?.incarnation !== since.incarnation) return false
      if (comparePositions(change.to, since.position) <= 0) return true
      if (change.kind === 'resync') return false
      for (const [table, rows] of Object.entries(change.tables)) for (const { k } of rows) note(table, k)
    }
    const oldest = page.at(-1)?.revision
    if (oldest === undefined || oldest === 0) return false
    from = oldest - 1
  }
}
