import {
  type ActionEffect,
  type ChangedRow,
  type ChangeEvent,
  type ChangeMark,
  type EffectNews,
  parseChangeEvent,
  type ReadModelLife,
  toEventData,
} from '#event-store/change-event.ts'
import type { EventStore, ExpectedRevision } from '#event-store/event-store.ts'
import { changesStream } from '#event-store/stream-name.ts'
import { must } from '#kernel/assert.ts'
import { newUuid } from '#kernel/ids.ts'
import { pickFields } from '#vortex/protocol/row.ts'
import type { RowChange } from './fold.ts'

/**
 * Announces a projection's commits in its change stream (O4).
 *
 * Promises: in commit order; each append says which revision it follows, so a second writer is noticed as a conflict;
 * a commit too large to announce becomes a resync mark.
 */
export interface ChangeStream {
  /** The last announcement, or undefined when there is none or it is not understood. */
  last(): ChangeEvent | undefined
  announce(
    mark: ChangeMark,
    changes: ReadonlyMap<string, readonly RowChange[]>,
    beside?: AnnouncedBeside,
  ): Promise<'announced' | 'too-many'>
  announceResync(mark: ChangeMark): Promise<void>
}

/** What there is to say of a commit beside its rows. */
export type AnnouncedBeside = {
  /** The life before, where other tables took the place of the live ones in this commit. */
  readonly follows?: ReadModelLife
  /** Actions whose effect is delayed from here on, or not any more; `ask`: that may be so of any. */
  readonly effects?: readonly ActionEffect[] | 'ask'
}

/** Tables that can be watched: the columns that observables show, and those among them that selectors pick by. */
export type WatchedFields = {
  readonly [table: string]: {
    readonly shown: readonly string[]
    readonly pickedBy: readonly string[]
    /** Names of the observables that show it. */
    readonly by?: readonly string[]
  }
}

const retention = { maxAgeSeconds: 3_600, maxCount: 20_000 }
/** Below the store's limit of 1 MiB an append, with room for the frame around it. */
const partSizeCharsMax = 200_000
const partCountMax = 40
/** Of what is told of effects: beside the rows of a whole part it still fits. */
const effectsSizeCharsMax = 100_000

export async function openChangeStream(options: {
  store: EventStore
  plugin: string
  projection: string
  watchedFields: WatchedFields
}): Promise<ChangeStream> {
  const { store, watchedFields } = options
  const stream = changesStream(options.plugin, options.projection)
  const [newest] = await store.readStream(stream, { from: 'end', direction: 'backwards', countMax: 1 })
  let expected: ExpectedRevision = newest?.revision ?? 'any'
  if (!newest) await store.keep(stream, retention)

  const append = async (change: ChangeEvent): Promise<void> => {
    const event = { id: newUuid(), ...toEventData(change), metadata: {} }
    expected = (await store.append(stream, [event], expected)).revision
  }
  const announceResync = (mark: ChangeMark): Promise<void> => append({ kind: 'resync', ...mark })

  return {
    last: () => newest && parseChangeEvent(newest.type, newest.data),
    announceResync,
    announce: async (mark, changes, { follows, effects } = {}) => {
      const parts = toParts(changes, watchedFields)
      if (parts === 'too-many') {
        await announceResync(mark)
        return parts
      }
      const told = toEffectNews(effects, watchedFields)
      for (const [part, tables] of parts.entries()) {
        const added = { ...(follows && { follows }), ...(told && part === parts.length - 1 && { effects: told }) }
        await append({ kind: 'changed', ...mark, ...added, part, parts: parts.length, tables })
      }
      return 'announced'
    },
  }
}

/** Nothing is missing on any screen where nobody can watch. */
function toEffectNews(
  effects: readonly ActionEffect[] | 'ask' | undefined,
  watchedFields: WatchedFields,
): EffectNews | undefined {
  const tables = Object.values(watchedFields)
  if (!effects || effects.length === 0 || tables.length === 0) return undefined
  const on = [...new Set(tables.flatMap(({ by }) => by ?? []))]
  const isTooMuch = effects !== 'ask' && JSON.stringify(effects).length > effectsSizeCharsMax
  return { on, of: isTooMuch ? 'ask' : effects }
}

type Tables = { [table: string]: ChangedRow[] }

/** One commit in parts of bounded size; at least one, since an empty announcement marks progress. */
function toParts(
  changes: ReadonlyMap<string, readonly RowChange[]>,
  watchedFields: WatchedFields,
): Tables[] | 'too-many' {
  const parts: Tables[] = [{}]
  let size = 0
  for (const [table, rows] of changes) {
    const fields = watchedFields[table]
    if (!fields) continue
    for (const row of rows) {
      const changed = toChangedRow(row, fields)
      const rowSize = JSON.stringify(changed).length
      if (size > 0 && size + rowSize > partSizeCharsMax) {
        parts.push({})
        size = 0
      }
      if (parts.length > partCountMax || rowSize > partSizeCharsMax) return 'too-many'
      const tables = must(parts.at(-1), 'there is always a part to fill')
      const list = tables[table] ?? []
      tables[table] = list
      list.push(changed)
      size += rowSize
    }
  }
  return parts
}

/** What nobody may see stays out of the change stream; old values travel of the columns that say who saw the row. */
function toChangedRow({ key, before, after, acts }: RowChange, { shown, pickedBy }: WatchedFields[string]): ChangedRow {
  return {
    k: key,
    ...(after && { a: pickFields(after, shown) }),
    ...(before && { b: pickFields(before, pickedBy) }),
    ...(acts.length > 0 && { c: acts }),
  }
}
