import type { ChangedRow, ChangeEvent } from '#event-store/change-event.ts'
import { newUuid } from '#kernel/ids.ts'
import { type Position, toPosition } from '#kernel/position.ts'
import { type Row, rowKey } from '#vortex/protocol/row.ts'
import type { Snapshot } from '#vortex/protocol/snapshot.ts'
import type { Fields, TupleDefinition, TupleOf } from '#vortex/protocol/tuple.ts'
import { checkAccess, checkSelector, type PartialSource } from './snapshot-source.ts'

/**
 * Rows kept in memory and watched like any read model: what the platform itself shows that does not belong in the log,
 * such as who is connected (E7). For administrators, without a selector. Keyed by `id`; gone with the process, under a
 * new incarnation in the next.
 */
export interface MemoryModel<R> {
  readonly feed: string
  readonly name: string
  set(row: R): void
  delete(id: string): void
  rows(): Iterable<R>
  readonly source: PartialSource
}

export function createMemoryModel<F extends Fields>(
  tuple: TupleDefinition<F>,
  options: { orderBy: readonly (keyof F & string)[]; onChange: (feed: string, change: ChangeEvent) => void },
): MemoryModel<TupleOf<TupleDefinition<F>> & { readonly id: string }> {
  type R = TupleOf<TupleDefinition<F>> & { readonly id: string }
  const feed = tuple.name
  const table = 'rows'
  const mark = { incarnation: newUuid(), version: 1 }
  const rows = new Map<string, R>()
  let count = 0n
  const at = (): Position => toPosition(count, count)

  const announce = (key: string, after: R | undefined): void => {
    const from = at()
    count++
    // No selector picks by a field, so no field's earlier value is needed.
    const change: ChangedRow = { k: key, b: {}, ...(after && { a: after as Row }) }
    options.onChange(feed, {
      kind: 'changed',
      ...mark,
      from,
      to: at(),
      part: 0,
      parts: 1,
      tables: { [table]: [change] },
    })
  }

  return {
    feed,
    name: tuple.name,
    rows: () => rows.values(),
    set: (row) => {
      const key = rowKey(row as Row, ['id'])
      if (JSON.stringify(rows.get(key)) === JSON.stringify(row)) return
      rows.set(key, row)
      announce(key, row)
    },
    delete: (id) => {
      if (rows.delete(id)) announce(id, undefined)
    },
    source: (name, selector, by) => {
      if (name !== tuple.name) return undefined
      return Promise.resolve().then((): Snapshot => {
        checkAccess({ name, access: 'admin' }, selector, by)
        checkSelector({ name, selectorFields: [] }, selector)
        const { orderBy } = options
        const meta = {
          feed,
          table,
          ...mark,
          position: at(),
          fields: Object.keys(tuple.fields),
          keyedBy: ['id'],
          orderBy: [...orderBy],
          selectorFields: [],
          access: 'admin' as const,
        }
        return { meta, rows: [...rows.values()] as readonly unknown[] as readonly Row[] }
      })
    },
  }
}
