import type { Json, JsonObject } from '#kernel/json.ts'
import { isJsonObject } from '#kernel/json.ts'
import type { Position } from '#kernel/position.ts'
import { parsePosition } from '#kernel/position.ts'

/**
 * What a projection announces after each commit, in its change stream. `changed` holds the rows of one commit, in parts
 * where they are many; `resync` says: look again, what was announced is not the whole story.
 */
export const changedType = 'peek.ReadModelChanged'
export const resyncType = 'peek.ReadModelResync'

/** One row: its key, what is shown of the row after (absent when deleted), the selector columns before (absent when inserted). */
export type ChangedRow = {
  readonly k: string
  readonly a?: JsonObject
  readonly b?: JsonObject
  readonly c?: readonly string[]
}

/** One life of a read model: only within it, or along `follows`, do announcements fit together. */
export type ReadModelLife = { readonly incarnation: string; readonly version: number }

export type ChangeMark = ReadModelLife & {
  /** Checkpoint before and after the commit. */
  readonly from: Position
  readonly to: Position
}
export type ChangedEvent = ChangeMark & {
  readonly kind: 'changed'
  /**
   * The life that this commit goes on from, at `from`: other tables took the place of the live ones, and these are the
   * rows in which they differ; or rows of before `from` changed. Absent when the life is the same.
   */
  readonly follows?: ReadModelLife
  readonly part: number
  readonly parts: number
  readonly tables: { readonly [table: string]: readonly ChangedRow[] }
}
export type ResyncEvent = ChangeMark & { readonly kind: 'resync' }
export type ChangeEvent = ChangedEvent | ResyncEvent

export function toEventData(change: ChangeEvent): { type: string; data: JsonObject } {
  const { kind, incarnation, version, from, to } = change
  const mark = { incarnation, version, from, to }
  if (kind === 'resync') return { type: resyncType, data: mark }
  const { part, parts, tables, follows } = change
  return { type: changedType, data: { ...mark, ...(follows && { follows }), part, parts, tables } }
}

/** Reads a change event; undefined when it is not one this build understands: the reader then resyncs. */
export function parseChangeEvent(type: string, data: JsonObject): ChangeEvent | undefined {
  const { incarnation, version } = data
  const [from, to] = [parsePosition(data.from), parsePosition(data.to)]
  if (typeof incarnation !== 'string' || typeof version !== 'number' || !from || !to) return undefined
  const mark = { incarnation, version, from, to }
  if (type === resyncType) return { kind: 'resync', ...mark }
  const { part, parts, tables, follows } = data
  if (type !== changedType || typeof part !== 'number' || typeof parts !== 'number' || !isTables(tables))
    return undefined
  const changed = { kind: 'changed', ...mark, part, parts, tables } as const
  if (follows === undefined) return changed
  return isLife(follows) ? { ...changed, follows } : undefined
}

function isLife(value: Json): value is ReadModelLife {
  return isJsonObject(value) && typeof value.incarnation === 'string' && typeof value.version === 'number'
}

function isTables(value: Json | undefined): value is { readonly [table: string]: readonly ChangedRow[] } {
  return isJsonObject(value) && Object.values(value).every((rows) => Array.isArray(rows) && rows.every(isChangedRow))
}

function isChangedRow(value: unknown): boolean {
  return isJsonObject(value) && typeof value.k === 'string'
}
