import type { ChangedRow } from '#event-store/change-event.ts'
import { canonicalJson, type JsonObject } from '#kernel/json.ts'
import type { WatchedSelector } from './watched-selector.ts'

/**
 * Finds the selectors a changed row concerns without asking each (O3): selectors are filed by the fields they pick by,
 * and within that by the values picked.
 */
export interface SelectorIndex {
  add(watched: WatchedSelector): void
  remove(watched: WatchedSelector): void
  /** Selectors that held the row before or hold it now, with whether they hold it now. */
  find(table: string, change: ChangedRow): Iterable<readonly [WatchedSelector, boolean]>
  all(): Iterable<WatchedSelector>
}

type Shelf = { readonly fields: readonly string[]; readonly byValues: Map<string, WatchedSelector> }

/** One index a feed. */
export function createSelectorIndex(): SelectorIndex {
  const shelves = new Map<string, Map<string, Shelf>>()
  const everything = new Set<WatchedSelector>()

  const shelfOf = (table: string, selector: JsonObject): Shelf => {
    const fields = Object.keys(selector).sort()
    const ofTable = shelves.get(table) ?? new Map<string, Shelf>()
    shelves.set(table, ofTable)
    const id = fields.join(' ')
    const shelf = ofTable.get(id) ?? { fields, byValues: new Map<string, WatchedSelector>() }
    ofTable.set(id, shelf)
    return shelf
  }

  return {
    add: (watched) => {
      everything.add(watched)
      const { fields, byValues } = shelfOf(watched.meta.table, watched.selector)
      byValues.set(valuesOf(fields, watched.selector), watched)
    },
    remove: (watched) => {
      everything.delete(watched)
      const { fields, byValues } = shelfOf(watched.meta.table, watched.selector)
      byValues.delete(valuesOf(fields, watched.selector))
      if (byValues.size === 0) shelves.get(watched.meta.table)?.delete(fields.join(' '))
    },
    *find(table, change) {
      for (const { fields, byValues } of shelves.get(table)?.values() ?? []) {
        const now = change.a && byValues.get(valuesOf(fields, change.a))
        if (now) yield [now, true]
        const before = change.b && byValues.get(valuesOf(fields, change.b))
        if (before && before !== now) yield [before, false]
      }
    },
    all: () => everything,
  }
}

function valuesOf(fields: readonly string[], row: JsonObject): string {
  return fields.length === 0 ? '' : canonicalJson(fields.map((field) => row[field] ?? null))
}
