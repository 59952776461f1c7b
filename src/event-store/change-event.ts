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
/**
 * What became of the effect of an accepted action on a read model, where that is not in the rows: an event of it is parked
 * (`delayed`), is not any more (`effective`), or was left out for good (`skipped`).
 */
export type ActionEffect = {
  readonly actionId: string
  readonly state: 'delayed' | 'effective' | 'skipped'
  /** Why it was left out; otherwise empty. */
  readonly words: string
  /** Of its first event that is or was parked. */
  readonly type: string
  readonly stream: string
  /** The last of its parked events: once the read model has passed it and it is not parked, it is in the rows. */
  readonly position: Position
  /** When it was parked. */
  readonly since: number
  /** Whose action it is. */
  readonly user: string
  readonly device: string
}

/** Effects to tell of, or `ask`: too many to name, so whoever waits for one asks. */
export type EffectNews = {
  /** The observables that show the read model. */
  readonly on: readonly string[]
  readonly of: readonly ActionEffect[] | 'ask'
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
  /** On the last part of a commit. */
  readonly effects?: EffectNews
}
export type ResyncEvent = ChangeMark & { readonly kind: 'resync' }
export type ChangeEvent = ChangedEvent | ResyncEvent

export function toEventData(change: ChangeEvent): { type: string; data: JsonObject } {
  const { kind, incarnation, version, from, to } = change
  const mark = { incarnation, version, from, to }
  if (kind === 'resync') return { type: resyncType, data: mark }
  const { part, parts, tables, follows, effects } = change
  const added = { ...(follows && { follows }), ...(effects && { effects }) }
  return { type: changedType, data: { ...mark, ...added, part, parts, tables } }
}

/** Reads a change event; undefined when it is not one this build understands: the reader then resyncs. */
export function parseChangeEvent(type: string, data: JsonObject): ChangeEvent | undefined {
  const { incarnation, version } = data
  const [from, to] = [parsePosition(data.from), parsePosition(data.to)]
  if (typeof incarnation !== 'string' || typeof version !== 'number' || !from || !to) return undefined
  const mark = { incarnation, version, from, to }
  if (type === resyncType) return { kind: 'resync', ...mark }
  const { part, parts, tables, follows, effects } = data
  if (type !== changedType || typeof part !== 'number' || typeof parts !== 'number' || !isTables(tables))
    return undefined
  if (follows !== undefined && !isLife(follows)) return undefined
  if (effects !== undefined && !isEffectNews(effects)) return undefined
  const added = { ...(follows && { follows }), ...(effects && { effects }) }
  return { kind: 'changed', ...mark, ...added, part, parts, tables }
}

function isEffectNews(value: Json): value is EffectNews {
  if (!isJsonObject(value) || !Array.isArray(value.on) || !value.on.every((name) => typeof name === 'string'))
    return false
  return value.of === 'ask' || (Array.isArray(value.of) && value.of.every(isActionEffect))
}

const effectTexts = ['actionId', 'words', 'type', 'stream', 'user', 'device']
const effectStates: readonly unknown[] = ['delayed', 'effective', 'skipped']

function isActionEffect(value: unknown): boolean {
  return (
    isJsonObject(value) &&
    effectTexts.every((field) => typeof value[field] === 'string') &&
    effectStates.includes(value.state) &&
    parsePosition(value.position) !== undefined &&
    typeof value.since === 'number'
  )
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
