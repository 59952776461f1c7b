import { type Accessor, batch, createSignal } from 'solid-js'
import { createStore, unwrap } from 'solid-js/store'
import type { Clock } from '#kernel/clock.ts'
import type { Observer, VortexClient } from '#vortex/client/vortex-client.ts'
import { compareRows, type Row, rowKey, type Selector, type SelectorPatch } from '#vortex/protocol/row.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { Overlays } from './overlays.ts'
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

export type LiveRowsOptions = {
  readonly client: VortexClient
  readonly clock: Clock
  readonly overlays: Overlays
  readonly name: string
  readonly selector: Selector
}

export function openLiveRows({ client, clock, overlays, name, selector }: LiveRowsOptions): LiveRows {
  const [rows, setRows] = createStore<Row[]>([])
  const [state, setState] = createSignal<LiveState>('loading')
  const [error, setError] = createSignal<WireError>()
  const [asOf, setAsOf] = createSignal<number>()
  /** What the server says, without what is expected of actions under way. */
  const truth = new Map<string, Row>()
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
        overlays.settle(name, snapshot.position, [])
        replaceAll(snapshot.rows)
        confirm()
      }),
    patch: (patch) =>
      batch(() => {
        overlays.settle(name, patch.position, patch.acts)
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
  const stops = [
    client.onState(onConnection),
    client.onUpstream(judge),
    overlays.onChange(name, () => redraw()),
    client.observe(name, selector, observer),
  ]

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
    truth.clear()
    const next = new Map<string, Row>()
    const places = new Map(unwrap(rows).map((row, place) => [row, place]))
    for (const told of incoming) {
      const key = rowKey(told, shape.keyedBy)
      truth.set(key, told)
      const row = overlays.show(name, told)
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
    for (const row of patch.set) {
      const key = rowKey(row, shape.keyedBy)
      truth.set(key, row)
      put(list, key, overlays.show(name, row))
    }
    setRows(list)
  }

  /** What is expected of actions under way has changed: only rows that look different are touched. */
  function redraw(): void {
    batch(() => {
      const list = [...unwrap(rows)]
      for (const [key, row] of truth) put(list, key, overlays.show(name, row))
      setRows(list)
    })
  }

  function remove(list: Row[], key: string): void {
    truth.delete(key)
    const known = byKey.get(key)
    if (known === undefined) return
    byKey.delete(key)
    takeOut(list, known)
  }

  function put(list: Row[], key: string, row: Row): void {
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
    const changed = changedFields(known, row)
    if (Object.keys(changed).length === 0) return
    const place = unwrap(rows).indexOf(known)
    if (place >= 0) setRows(place, changed)
    else Object.assign(known, changed)
  }
}
