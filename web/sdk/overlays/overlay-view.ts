import { comparePositions, type Position, parsePosition } from '#kernel/position.ts'
import { type Row, rowKey, type Selector } from '#vortex/protocol/row.ts'
import { addedBy, applyLaid, type Laid } from './laid.ts'
import { createLaidIndex } from './laid-index.ts'

/** Rows that may look different now. */
export type ChangedKeys = ReadonlySet<string> | 'all'

/**
 * What is laid over the rows of one selector, as far as these rows are.
 *
 * Promises: at every moment `show` gives what the server says at the position told last, and on it, in order of seq, the
 * actions that this state does not have yet.
 */
export interface OverlayView {
  /** The row as a person should see it, where the server has `row`, or none. */
  show(key: string, row: Row | undefined): Row | undefined
  /** Keys of rows that may be there though the server has none. */
  addedKeys(): readonly string[]
  /** A whole state of the server, at a position: every row is to be shown anew. */
  begin(position: string, keyedBy: readonly string[]): void
  /** The rows have gone on to the position, with the effect of these actions. */
  settle(position: string, actionIds: readonly string[]): ChangedKeys
  /** The rows are known to have passed the position, at the least. */
  pass(at: Position): ChangedKeys
  lay(laid: Laid): void
  takeOff(laid: Laid): void
  /** It has a position now. */
  onAccepted(laid: Laid): void
  /** Whether these rows show it and lack its effect. */
  waitsFor(laid: Laid): boolean
  /** The first position whose effect these rows show and lack. */
  lackedPosition(): Position | undefined
  close(): void
}

const nothing: ReadonlySet<string> = new Set()
/** Of actions named by patches before anything else was heard of them: another tab's, and those sent before a reload. */
const namedCountMax = 5_000

export function createOverlayView(options: {
  readonly selector: Selector
  /** Whether the server has a row of this key. */
  readonly isThere: (key: string) => boolean
  /** Called for what `lay`, `takeOff` and `onAccepted` bring. */
  readonly onChange: (changed: ChangedKeys) => void
  readonly onLack: () => void
  /** All that is laid over this observable. */
  readonly laid: () => Iterable<Laid>
  readonly onClose: () => void
}): OverlayView {
  const picks = Object.entries(options.selector)
  const index = createLaidIndex()
  const named = new Set<string>()
  let keyedBy: readonly string[] = []
  let position: Position | undefined

  for (const laid of options.laid()) add(laid)

  return {
    show,
    addedKeys: () => index.all().flatMap((laid) => keyAddedBy(laid) ?? []),
    begin: (at, keys) => {
      keyedBy = keys
      goTo(at)
      startOver()
    },
    settle: (at, actionIds) => {
      if (goTo(at) === 'back') {
        startOver()
        return 'all'
      }
      return keysOf([...noteNamed(actionIds), ...takePassed()])
    },
    pass: (at) => {
      if (position && comparePositions(at, position) <= 0) return nothing
      position = at
      return keysOf(takePassed())
    },
    lay: (laid) => {
      if (add(laid)) options.onChange(keysOf([laid]))
    },
    takeOff: (laid) => {
      if (index.remove(laid)) options.onChange(keysOf([laid]))
    },
    onAccepted: (laid) => {
      if (!index.has(laid)) return
      if (!isPassed(laid)) {
        index.noteAccepted(laid)
        return options.onLack()
      }
      index.remove(laid)
      options.onChange(keysOf([laid]))
    },
    waitsFor,
    lackedPosition: () => index.accepted().find(waitsFor)?.position,
    close: options.onClose,
  }

  function show(key: string, row: Row | undefined): Row | undefined {
    let shown = row
    for (const laid of index.concerning(key))
      shown = applyLaid(laid, shown, (added) => rowKey(added, keyedBy) === key && isPicked(added))
    // What it was picked by has changed with it: it will leave the selector.
    return shown === row || (shown && isPicked(shown)) ? shown : undefined
  }

  function add(laid: Laid): boolean {
    if (isPassed(laid) || named.has(laid.id)) return false
    index.add(laid, keyOf(laid))
    if (laid.position !== undefined && position !== undefined) options.onLack()
    return true
  }

  /** Of one that only adds, the row it adds. */
  function keyOf(laid: Laid): string | undefined {
    const { row, apply, removes } = laid.expectation
    return row || apply || removes ? laid.key : keyAddedBy(laid)
  }

  function keyAddedBy(laid: Laid): string | undefined {
    const added = keyedBy.length > 0 ? addedBy(laid) : undefined
    return added && rowKey(added, keyedBy)
  }

  function keysOf(changed: readonly Laid[]): ChangedKeys {
    const keys = new Set<string>()
    for (const laid of changed) {
      const key = keyOf(laid)
      if (key === undefined) return 'all'
      keys.add(key)
    }
    return keys
  }

  /** A state that is older than the one before lacks what that one had. */
  function goTo(at: string): 'on' | 'back' {
    const [before, next] = [position, parsePosition(at)]
    position = next ?? before
    if (!before || !next || comparePositions(next, before) >= 0) return 'on'
    named.clear()
    return 'back'
  }

  function startOver(): void {
    index.clear()
    for (const laid of options.laid()) add(laid)
  }

  function noteNamed(actionIds: readonly string[]): readonly Laid[] {
    for (const id of actionIds) named.add(id)
    for (const oldest of named) {
      if (named.size <= namedCountMax) break
      named.delete(oldest)
    }
    return actionIds.flatMap((id) => index.removeById(id) ?? [])
  }

  function takePassed(): readonly Laid[] {
    const accepted = index.accepted()
    const count = accepted.findIndex((laid) => !isPassed(laid))
    const passed = accepted.slice(0, count < 0 ? accepted.length : count)
    for (const laid of passed) index.remove(laid)
    return passed
  }

  function isPassed(laid: Laid): boolean {
    return position !== undefined && laid.position !== undefined && comparePositions(position, laid.position) >= 0
  }

  /** What shows on no row here needs no rows to come. */
  function waitsFor(laid: Laid): boolean {
    if (!index.has(laid)) return false
    const key = keyOf(laid)
    return key === undefined || options.isThere(key) || show(key, undefined) !== undefined
  }

  function isPicked(row: Row): boolean {
    return picks.every(([field, value]) => (row[field] ?? null) === value)
  }
}
