import type { ChangedRow } from '#event-store/change-event.ts'
import { canonicalJson, type JsonObject } from '#kernel/json.ts'
import type { SelectorRows } from './selector-rows.ts'

/**
 * Finds the selectors a changed row concerns without asking each (O3): selectors are filed by the fields they pick by,
 * and within that by the values picked. Several observables may show the same pick of one table.
 */
export interface SelectorIndex {
  add(rows: SelectorRows): void
  remove(rows: SelectorRows): void
  /** Selectors that held the row before or hold it now, with whether they hold it now. */
  find(table: string, change: ChangedRow): Iterable<readonly [SelectorRows, boolean]>
  all(): Iterable<SelectorRows>
}

type Shelf = { readonly fields: readonly string[]; readonly byValues: Map<string, Set<SelectorRows>> }

/** One index a feed. */
export function createSelectorIndex(): SelectorIndex {
  const shelves = new Map<string, Map<string, Shelf>>()
  const everything = new Set<SelectorRows>()

  return {
    add: (rows) => {
      everything.add(rows)
      const [ofTable, id] = placeOf(rows)
      const shelf = ofTable.get(id) ?? { fields: fieldsOf(rows.selector), byValues: new Map() }
      ofTable.set(id, shelf)
      shelves.set(rows.meta.table, ofTable)
      const values = valuesOf(shelf.fields, rows.selector)
      shelf.byValues.set(values, (shelf.byValues.get(values) ?? new Set()).add(rows))
    },
    remove: (rows) => {
      if (!everything.delete(rows)) return
      const [ofTable, id] = placeOf(rows)
      const { fields, byValues } = ofTable.get(id) ?? { fields: [], byValues: new Map<string, Set<SelectorRows>>() }
      const values = valuesOf(fields, rows.selector)
      const same = byValues.get(values)
      same?.delete(rows)
      if (same?.size === 0) byValues.delete(values)
      if (byValues.size === 0) ofTable.delete(id)
      if (ofTable.size === 0) shelves.delete(rows.meta.table)
    },
    *find(table, change) {
      for (const { fields, byValues } of shelves.get(table)?.values() ?? []) {
        const now = change.a && byValues.get(valuesOf(fields, change.a))
        for (const rows of now ?? []) yield [rows, true]
        const before = change.b && byValues.get(valuesOf(fields, change.b))
        if (before !== now) for (const rows of before ?? []) yield [rows, false]
      }
    },
    all: () => everything,
  }

  function placeOf(rows: SelectorRows): [Map<string, Shelf>, string] {
    return [shelves.get(rows.meta.table) ?? new Map<string, Shelf>(), fieldsOf(rows.selector).join(' ')]
  }
}

function fieldsOf(selector: JsonObject): string[] {
  return Object.keys(selector).sort()
}

function valuesOf(fields: readonly string[], row: JsonObject): string {
  return fields.length === 0 ? '' : canonicalJson(fields.map((field) => row[field] ?? null))
}
