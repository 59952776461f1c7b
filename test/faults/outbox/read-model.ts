import { type ChangeEvent, toEventData } from '#event-store/change-event.ts'
import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import type { JsonObject } from '#kernel/json.ts'
import { logStart, type Position } from '#kernel/position.ts'
import { type Row, rowKey, type Selector } from '#vortex/protocol/row.ts'
import type { Snapshot } from '#vortex/protocol/snapshot.ts'
import { feed } from './crew.ts'

/**
 * The read model of the notes, as Postgres would keep it: rows, the position they stand at, and the life they are of.
 * It outlives the logic service that fills it.
 */
export interface ReadModel {
  /** Rows and position change together; the result is what is to be announced. */
  commit(events: readonly RecordedEvent[], upTo: Position): ChangeEvent
  position(): Position
  /** Another life, because what was announced may not be all that was committed. */
  restart(): ChangeEvent
  snapshot(selector: Selector): Snapshot
  rowsOf(siteId: string): ReadonlyMap<string, Row>
}

const keyedBy = ['id'] as const

export function createReadModel(): ReadModel {
  const rows = new Map<string, Row>()
  let position: Position = logStart
  let life = 1
  const mark = () => ({ incarnation: `life-${life}`, version: 1 })

  return {
    position: () => position,
    commit: (events, upTo) => {
      const before = new Map<string, Row | undefined>()
      const acts = new Map<string, string[]>()
      for (const event of events) {
        const { key, row } = toRow(event)
        if (!before.has(key)) before.set(key, rows.get(key))
        acts.set(key, [...(acts.get(key) ?? []), parseMetadata(event.metadata).actionId ?? event.id])
        if (row) rows.set(key, row)
        else rows.delete(key)
      }
      const from = position
      position = upTo
      const changes = [...before].flatMap(([k, earlier]) => {
        const after = rows.get(k)
        if (!earlier && !after) return []
        const changed = {
          ...(after && { a: after as JsonObject }),
          ...(earlier && { b: { site: earlier.site ?? null } }),
        }
        return [{ k, ...changed, c: acts.get(k) ?? [] }]
      })
      return { kind: 'changed', ...mark(), from, to: upTo, part: 0, parts: 1, tables: { notes: changes } }
    },
    restart: () => {
      life += 1
      return { kind: 'resync', ...mark(), from: position, to: position }
    },
    snapshot: (selector) => ({
      meta: {
        feed,
        table: 'notes',
        ...mark(),
        position,
        fields: ['id', 'site', 'slot', 'word', 'by'],
        keyedBy: [...keyedBy],
        orderBy: ['slot'],
        selectorFields: ['site'],
        access: 'everyone',
      },
      rows: [...rows.values()].filter((row) => selector.site === undefined || row.site === selector.site),
    }),
    rowsOf: (siteId) => new Map([...rows].filter(([, { site }]) => site === siteId)),
  }
}

function toRow({ data, id }: RecordedEvent): { key: string; row: Row | undefined } {
  const { siteId, slot, word } = data
  const row: Row = { id: `${siteId}/${slot}`, site: String(siteId), slot: Number(slot), word: String(word), by: id }
  return { key: rowKey(row, keyedBy), row: word === 'erase' ? undefined : row }
}

/** The announcement as an event, with an id of its own. */
export function toAnnouncement(change: ChangeEvent, id: string) {
  return { id, ...toEventData(change), metadata: {} }
}
