import { type Accessor, batch, createSignal } from 'solid-js'
import { createStore, unwrap } from 'solid-js/store'
import type { Clock } from '#kernel/clock.ts'
import type { Observer, VortexClient } from '#vortex/client/vortex-client.ts'
import { compareRows, type Row, rowKey, type Selector, type SelectorPatch } from '#vortex/protocol/row.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import { changedFields, findPlace } from './row-list.ts'

/** How fresh the rows are: never had any, in step with the server, kept from earlier, or not for this person. */
export type LiveState = 'loading' | 'live' | 'stale' | 'refused'

/**
 * The rows of one selector as a Solid store.
 *
 * Promises: sorted as the server says; an unchanged row keeps its object and a changed one changes field by field, so
 * only what differs is drawn again; a new snapshot is taken as a patch, deletions included, and never passes through
 * an empty list (O2).
 */
export interface LiveRows {
  readonly rows: readonly Row[]
  readonly state: Accessor<LiveState>
  readonly error: Accessor<WireError | undefined>
  /** When the rows were last known to be in step. */
  readonly asOf: Accessor<number | undefined>
  stop(): void
}

type Shape = { readonly keyedBy: readonly string[]; readonly compare: (a: Row, b: Row) => number }

export function openLiveRows(client: VortexClient, clock: Clock, name: string, selector: Selector): LiveRows {
  const [rows, setRows] = createStore<Row[]>([])
  const [state, setState] = createSignal<LiveState>('loading')
  const [error, setError] = createSignal<WireError>()
  const [asOf, setAsOf] = createSignal<number>()
  /** The unwrapped row objects of the store. */
  let byKey = new Map<string, Row>()
  let shape: Shape = { keyedBy: [], compare: () => 0 }
  let hasRows = false
  /** Whether this connection has confirmed what is shown. */
  let isConfirmed = false
  let refusal: WireError | undefined

  const observer: Observer = {
    rows: (snapshot) =>
      batch(() => {
        hasRows = true
        shape = { keyedBy: snapshot.keyedBy, compare: compareRows(snapshot.orderBy, snapshot.keyedBy) }
        replaceAll(snapshot.rows)
        confirm()
      }),
    patch: (patch) =>
      batch(() => {
        apply(patch)
        confirm()
      }),
    resumed: confirm,
    trouble: (trouble, final) => {
      isConfirmed = false
      refusal = final ? trouble : undefined
      setError(trouble)
      judge()
    },
  }
  const stops = [client.onState(onConnection), client.onUpstream(judge), client.observe(name, selector, observer)]

  return {
    rows,
    state,
    error,
    asOf,
    stop: () => {
      for (const stop of stops) stop()
    },
  }

  function confirm(): void {
    isConfirmed = true
    refusal = undefined
    setError(undefined)
    setAsOf(clock.now())
    judge()
  }

  function onConnection(): void {
    if (client.state().state !== 'online') isConfirmed = false
    judge()
  }

  function judge(): void {
    const next = toState()
    // Up to this moment they were in step, however long ago the last patch was.
    if (state() === 'live' && next !== 'live') setAsOf(clock.now())
    setState(next)
  }

  function toState(): LiveState {
    if (refusal) return 'refused'
    if (!hasRows) return 'loading'
    return isConfirmed && client.upstream().online ? 'live' : 'stale'
  }

  function replaceAll(incoming: readonly Row[]): void {
    const next = new Map<string, Row>()
    const places = new Map(unwrap(rows).map((row, place) => [row, place]))
    for (const row of incoming) {
      const key = rowKey(row, shape.keyedBy)
      const known = byKey.get(key)
      const place = known && places.get(known)
      if (known && place !== undefined) setRows(place, changedFields(known, row))
      next.set(key, known ?? { ...row })
    }
    byKey = next
    setRows([...next.values()].sort(shape.compare))
  }

  /** Works on a plain copy of the list, so that the store is told only of the places that differ. */
  function apply(patch: SelectorPatch): void {
    const list = [...unwrap(rows)]
    for (const key of patch.del) remove(list, key)
    for (const row of patch.set) put(list, row)
    setRows(list)
  }

  function remove(list: Row[], key: string): void {
    const known = byKey.get(key)
    if (known === undefined) return
    byKey.delete(key)
    takeOut(list, known)
  }

  function put(list: Row[], row: Row): void {
    const key = rowKey(row, shape.keyedBy)
    const known = byKey.get(key)
    if (known === undefined) {
      const made = { ...row }
      byKey.set(key, made)
      list.splice(findPlace(list, made, shape.compare), 0, made)
    } else if (shape.compare(known, row) === 0) {
      change(known, row)
    } else {
      takeOut(list, known)
      change(known, row)
      list.splice(findPlace(list, known, shape.compare), 0, known)
    }
  }

  function takeOut(list: Row[], known: Row): void {
    const place = findPlace(list, known, shape.compare)
    list.splice(list[place] === known ? place : list.indexOf(known), 1)
  }

  /** A row set twice in one patch may not be in the store yet: then nobody watches it, and it is changed directly. */
  function change(known: Row, row: Row): void {
    const place = unwrap(rows).indexOf(known)
    if (place >= 0) setRows(place, changedFields(known, row))
    else Object.assign(known, row)
  }
}
