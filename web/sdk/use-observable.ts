import { type Accessor, createMemo, onCleanup, untrack } from 'solid-js'
import type { Row, Selector } from '#vortex/protocol/row.ts'
import { selectorKey } from '#vortex/protocol/row.ts'
import type { Fields, TupleOf } from '#vortex/protocol/tuple.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { LiveState } from './live-rows.ts'
import { usePeek } from './peek-context.ts'

/** `keep`: whether its rows are kept on the device, unless a screen says otherwise. */
export type ObservableLike = { readonly name: string; readonly fields: Fields; readonly keep?: boolean }

/** A live query on a screen. `rows` is a Solid store: read it where it is drawn. */
export type ObservableHandle<D extends ObservableLike> = {
  readonly rows: readonly TupleOf<D>[]
  readonly state: Accessor<LiveState>
  readonly error: Accessor<WireError | undefined>
  /** When the rows were last known to be what the server has. */
  readonly asOf: Accessor<number | undefined>
}

const nothing: readonly Row[] = []

/**
 * Watches an observable as long as the component lives. The selector may depend on signals; while it is undefined
 * nothing is watched and the state is `loading`.
 *
 * With `keep`, by default what the definition says, the rows are kept on the device: shown at once the next time, `stale` and
 * with their age, and then brought up to date by what differs.
 */
export function useObservable<D extends ObservableLike>(
  definition: D,
  selector: () => Selector | undefined,
  options: { readonly keep?: boolean } = {},
): ObservableHandle<D> {
  const { observables } = usePeek('useObservable')
  const { name, fields } = definition
  const keptFields = (options.keep ?? definition.keep) ? fields : undefined
  // A selector that is made anew with the same fields is the same selector.
  const picked = createMemo(selector, undefined, {
    equals: (a, b) => a !== undefined && b !== undefined && selectorKey(name, a) === selectorKey(name, b),
  })
  const live = createMemo(() => {
    const pick = picked()
    if (pick === undefined) return undefined
    // What it reads of its own signals while it opens is no dependency of this choice.
    const { live: rows, release } = untrack(() => observables.acquire(name, pick, keptFields))
    onCleanup(release)
    return rows
  })
  return {
    get rows() {
      return toTuples<D>(live()?.rows ?? nothing)
    },
    state: () => live()?.state() ?? 'loading',
    error: () => live()?.error(),
    asOf: () => live()?.asOf(),
  }
}

/** The server has checked the rows against the definition's fields when it made them. */
function toTuples<D extends ObservableLike>(rows: readonly Row[]): readonly TupleOf<D>[] {
  return rows as readonly Row[] & readonly TupleOf<D>[]
}
