import { type Accessor, batch, createSignal } from 'solid-js'
import { $RAW, createStore, unwrap } from 'solid-js/store'
import type { Clock } from '#kernel/clock.ts'
import type { Random } from '#kernel/random.ts'
import { inStepUntil, type VortexClient } from '#vortex/client/vortex-client.ts'
import { compareRows, type Row, rowKey, type Selector, type SelectorPatch } from '#vortex/protocol/row.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { KeptObserver } from './cache/kept-observation.ts'
import { holdInDoubt } from './overlays/hold-in-doubt.ts'
import type { ChangedKeys } from './overlays/overlay-view.ts'
import type { Overlays } from './overlays/overlays.ts'
import { createPassedAsker } from './overlays/passed-asker.ts'
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
  readonly random: Random
  readonly overlays: Overlays
  readonly name: string
  readonly selector: Selector
  /** Observes it: over the connection, with or without what the device keeps first. */
  readonly observe: (observer: KeptObserver) => () => void
}

export function openLiveRows({ client, clock, random, overlays, name, selector, observe }: LiveRowsOptions): LiveRows {
  const [rows, setRows] = createStore<Row[]>([])
  const [state, setState] = createSignal<LiveState>('loading')
  const [error, setError] = createSignal<WireError>()
  const [asOf, setAsOf] = createSignal<number>()
  /** What the server says, without what is expected of actions under way. */
  let truth = new Map<string, Row>()
  /** The unwrapped row objects of the store. */
  let byKey = new Map<string, Row>()
  let shape: Shape = { keyedBy: [], compare: () => 0 }
  let hasRows = false
  /** Whether this connection has confirmed what is shown. */
  let isConfirmed = false
  let refusal: WireError | undefined

  const overlay = overlays.openView({
    observable: name,
    selector,
    isThere: (key) => truth.has(key),
    onChange: (changed) => batch(() => redraw(changed)),
    onLack: () => passed.look(),
  })
  const passed = createPassedAsker({
    client,
    clock,
    random,
    name,
    selector,
    lacked: overlay.lackedPosition,
    onPassed: (position) => held.inOrder(() => batch(() => redraw(overlay.pass(position)))),
  })
  const observer: KeptObserver = {
    kept: (state) =>
      batch(() => {
        take(state)
        setAsOf(state.asOf)
        judge()
      }),
    forgotten: () =>
      batch(() => {
        hasRows = false
        isConfirmed = false
        refusal = undefined
        truth = new Map()
        byKey = new Map()
        setList([])
        setError(undefined)
        setAsOf(undefined)
        judge()
      }),
    rows: (snapshot) =>
      batch(() => {
        take(snapshot)
        confirm()
      }),
    patch: (patch) =>
      batch(() => {
        for (const key of patch.del) truth.delete(key)
        for (const row of patch.set) truth.set(rowKey(row, shape.keyedBy), row)
        // What is taken off and what comes instead are drawn in one step.
        redraw(overlay.settle(patch.position, patch.acts), patch)
        confirm()
      }),
    resumed: (at) =>
      batch(() => {
        if (at) redraw(overlay.settle(at.position, []))
        confirm()
      }),
    trouble: (trouble, final) => {
      isConfirmed = false
      refusal = final ? trouble : undefined
      setError(trouble)
      judge()
    },
  }
  const isOnline = () => client.state().state === 'online'
  let wasOnline = isOnline()
  const held = holdInDoubt(observer, {
    overlays,
    observable: name,
    clock,
    isOnline,
    keys: () => truth,
  })
  const stops = [
    client.onState(onConnection),
    client.onUpstream(() => judge()),
    observe(held.observer),
    held.stop,
    passed.stop,
  ]

  return {
    rows,
    state,
    error,
    asOf,
    stop: () => {
      for (const stop of stops) stop()
      overlay.close()
    },
  }

  function take(state: Pick<Parameters<KeptObserver['rows']>[0], 'rows' | 'position' | 'keyedBy' | 'orderBy'>): void {
    const { keyedBy, orderBy } = state
    hasRows = true
    shape = { keyedBy, compare: compareRows(orderBy, keyedBy) }
    truth = new Map(state.rows.map((row) => [rowKey(row, keyedBy), row]))
    overlay.begin(state.position, keyedBy)
    replaceAll()
  }

  function confirm(): void {
    isConfirmed = true
    refusal = undefined
    setError(undefined)
    setAsOf(clock.now())
    judge()
    // A row that has come may show an action that was accepted before it came.
    passed.look()
  }

  function onConnection(): void {
    const isLost = wasOnline && !isOnline()
    wasOnline = isOnline()
    if (!isLost) return judge()
    const inStepAt = inStepUntil(client.state(), clock.now())
    const doubt = () => {
      isConfirmed = false
      judge(inStepAt)
    }
    doubt()
    // What is held back was said over the connection that is lost: passed on, it confirms nothing.
    held.inOrder(doubt)
  }

  function judge(inStepAt = inStepUntil(client.state(), clock.now())): void {
    const next = toState()
    // Until the server was heard last they were in step, however long ago the last patch was.
    if (state() === 'live' && next !== 'live') setAsOf(inStepAt)
    setState(next)
  }

  function toState(): LiveState {
    if (refusal) return 'refused'
    if (!hasRows) return 'loading'
    return isConfirmed && client.upstream().online ? 'live' : 'stale'
  }

  function replaceAll(): void {
    const next = new Map<string, Row>()
    const places = new Map(unwrap(rows).map((row, place) => [row, place]))
    for (const key of shownKeys()) {
      const row = overlay.show(key, truth.get(key))
      if (row === undefined) continue
      const known = byKey.get(key)
      const place = known && places.get(known)
      const changed = known && changedFields(known, row)
      if (place !== undefined && changed && Object.keys(changed).length > 0) setRows(place, changed)
      next.set(key, known ?? makeShown(key, row))
    }
    byKey = next
    setList([...next.values()].sort(shape.compare))
  }

  /** What an author's expectation made may hold parts of a store: those are taken out of it. */
  function makeShown(key: string, row: Row): Row {
    const made = { ...row }
    return row === truth.get(key) ? made : unwrap(made)
  }

  /**
   * The store would look through every field of every row for parts of other stores, at each patch: a hundred milliseconds
   * for 20,000 rows on a tablet. Ours have none, and saying so spares it that.
   */
  function setList(list: Row[]): void {
    Object.defineProperty(list, $RAW, { value: list })
    setRows(list)
  }

  /** Works on a plain copy of the list, so that the store is told only of the places that differ. */
  function redraw(changed: ChangedKeys, patch: Pick<SelectorPatch, 'set' | 'del'> = { set: [], del: [] }): void {
    if (!hasRows) return
    const keys = changed === 'all' ? new Set([...shownKeys(), ...byKey.keys()]) : new Set(changed)
    for (const key of patch.del) keys.add(key)
    for (const row of patch.set) keys.add(rowKey(row, shape.keyedBy))
    if (keys.size === 0) return
    const list = [...unwrap(rows)]
    for (const key of keys) {
      const row = overlay.show(key, truth.get(key))
      if (row) put(list, key, row)
      else remove(list, key)
    }
    setList(list)
  }

  function shownKeys(): ReadonlySet<string> {
    return new Set([...truth.keys(), ...overlay.addedKeys()])
  }

  function remove(list: Row[], key: string): void {
    const known = byKey.get(key)
    if (known === undefined) return
    byKey.delete(key)
    takeOut(list, known)
  }

  function put(list: Row[], key: string, row: Row): void {
    const known = byKey.get(key)
    if (known === undefined) {
      const made = makeShown(key, row)
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
