import { comparePositions, logStart, type Position, parsePosition } from '#kernel/position.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import { expectations as definedExpectations, type Expectations } from './expectations.ts'
import { type Laid, layOver, type OverlaidAction } from './laid.ts'
import { type ChangedKeys, createOverlayView, type OverlayView } from './overlay-view.ts'

/**
 * What actions are expected to do to rows, laid over what the server says.
 *
 *     shown = what the server says at a position
 *             + in order of seq, each action that is under way, or accepted beyond that position
 *
 * Promises: every view of an observable decides for its own rows, since they stand at a position of their own: an action
 * is taken off in the moment in which they pass its position, or a patch names it, or it comes to nothing. No clock
 * takes part. One that was accepted is kept as long as a view shows it and lacks its effect; of the others the latest
 * are, for views that begin with older rows.
 */
export interface Overlays {
  /** Under way or accepted; known already, it is brought up to date. */
  put(action: OverlaidAction): void
  /** It was refused, or a person has discarded it. */
  drop(id: string): void
  /** The effect will not come soon, or never, on these observables; without any named, on all. */
  lift(id: string, observables: readonly string[]): void
  /** Those laid over the observable, or over rows of these keys, of which nobody here knows whether a state of the server has them. */
  inDoubt(observable: string, keys?: ReadonlySet<string>): readonly string[]
  /** Calls whenever that may be fewer. */
  onDoubt(listener: () => void): () => void
  openView(options: {
    readonly observable: string
    readonly selector: Selector
    /** Whether the server has a row of this key. */
    readonly isThere: (key: string) => boolean
    /** By what actions do; what positions do is told where they are. */
    readonly onChange: (changed: ChangedKeys) => void
    /** An accepted action shows whose position the rows have not passed. */
    readonly onLack: () => void
  }): OverlayView
  close(): void
}

type Entry = { action: OverlaidAction; position: Position | undefined; laid: readonly Laid[] }

/** Accepted actions that no view lacks any more, and how many may gather before they are looked through. */
const passedCountMax = 2_000
const liftedCountMax = 2_000

export function createOverlays(expectations: Expectations = definedExpectations): Overlays {
  const entries = new Map<string, Entry>()
  const views = new Map<string, Set<OverlayView>>()
  /** Where an action has no effect, as its event is parked or was left out. */
  const lifted = new Map<string, ReadonlySet<string> | 'everywhere'>()
  const doubters = new Set<() => void>()
  let acceptedSinceSweep = 0
  const stop = expectations.onDefined((name) => {
    for (const entry of entries.values()) if (entry.action.name === name) layAnew(entry)
  })

  return {
    put,
    drop: (id) => {
      const entry = entries.get(id)
      entries.delete(id)
      tellViews(entry?.laid ?? [], (view, laid) => view.takeOff(laid))
      tellDoubters()
    },
    lift: (id, observables) => {
      const before = lifted.get(id) ?? new Set<string>()
      const isEverywhere = observables.length === 0 || before === 'everywhere'
      lifted.delete(id)
      lifted.set(id, isEverywhere ? 'everywhere' : new Set([...before, ...observables]))
      forgetOldest(lifted, liftedCountMax)
      const entry = entries.get(id)
      if (entry) layAnew(entry)
    },
    inDoubt: (observable, keys) =>
      [...entries.values()]
        .filter(({ action, laid }) => action.isInDoubt && laid.some((one) => isInQuestion(one, observable, keys)))
        .map(({ action }) => action.id),
    onDoubt: (listener) => {
      doubters.add(listener)
      return () => doubters.delete(listener)
    },
    openView: ({ observable, ...options }) => {
      const opened = views.get(observable) ?? new Set()
      const view = createOverlayView({
        ...options,
        laid: () => laidOver(observable),
        onClose: () => opened.delete(view),
      })
      views.set(observable, opened.add(view))
      return view
    },
    close: stop,
  }

  function put(action: OverlaidAction): void {
    const position = parsePosition(action.position)
    const known = entries.get(action.id)
    if (known === undefined) {
      const entry: Entry = { action, position, laid: [] }
      entries.set(action.id, entry)
      layAnew(entry)
      if (position) sweepNowAndThen()
      return
    }
    const wasInDoubt = known.action.isInDoubt
    const isElsewhere = known.action.seq !== action.seq
    known.action = action
    if (isElsewhere) layAnew(known)
    if (position && !known.position) {
      known.position = position
      for (const laid of known.laid) laid.position = position
      tellViews(known.laid, (view, laid) => view.onAccepted(laid))
      sweepNowAndThen()
    }
    if (wasInDoubt && !action.isInDoubt) tellDoubters()
  }

  function layAnew(entry: Entry): void {
    const { action, position } = entry
    tellViews(entry.laid, (view, laid) => view.takeOff(laid))
    const off = lifted.get(action.id)
    const isOff = (observable: string) => off === 'everywhere' || off?.has(observable) === true
    entry.laid = layOver(action, { expectations, position, isOff })
    tellViews(entry.laid, (view, laid) => view.lay(laid))
  }

  function* laidOver(observable: string): Iterable<Laid> {
    for (const { laid } of entries.values()) for (const one of laid) if (one.expectation.on === observable) yield one
  }

  function tellViews(laid: readonly Laid[], tell: (view: OverlayView, laid: Laid) => void): void {
    for (const one of laid) for (const view of views.get(one.expectation.on) ?? []) tell(view, one)
  }

  function tellDoubters(): void {
    for (const tell of [...doubters]) tell()
  }

  function sweepNowAndThen(): void {
    if (++acceptedSinceSweep <= passedCountMax) return
    acceptedSinceSweep = 0
    const passed = [...entries.values()].filter((entry) => entry.position && !isLacked(entry))
    passed.sort((a, b) => comparePositions(a.position ?? logStart, b.position ?? logStart))
    for (const { action, laid } of passed.slice(0, -passedCountMax)) {
      entries.delete(action.id)
      tellViews(laid, (view, one) => view.takeOff(one))
    }
  }

  function isLacked({ laid }: Entry): boolean {
    return laid.some((one) => [...(views.get(one.expectation.on) ?? [])].some((view) => view.waitsFor(one)))
  }
}

/** A row that is there is not added again. */
function isInQuestion({ expectation, key }: Laid, observable: string, keys: ReadonlySet<string> | undefined): boolean {
  if (expectation.on !== observable) return false
  if (keys === undefined) return true
  const changesRows = expectation.apply !== undefined || expectation.removes !== undefined
  return changesRows && (key === undefined || keys.has(key))
}

function forgetOldest(kept: Map<string, unknown>, countMax: number): void {
  for (const oldest of kept.keys()) {
    if (kept.size <= countMax) return
    kept.delete(oldest)
  }
}
