import type { Clock } from '#kernel/clock.ts'
import { type Row, rowKey, type SelectorPatch } from '#vortex/protocol/row.ts'
import type { KeptObserver } from '../cache/kept-observation.ts'
import type { Overlays } from './overlays.ts'

export type HeldObserver = {
  readonly observer: KeptObserver
  /** Runs what was heard of the same rows in another way: behind what is held. */
  inOrder(work: () => void): void
  stop(): void
}

/** Logic may be away and its answers with it, while rows are there to be shown. */
const heldMsMax = 2_000

/**
 * An action that was sent and has no answer may be part of a whole state of the server or not, and nothing in that state
 * says which: shown with what is expected of it, its effect could be there twice. Such a state, and what follows it, is
 * held back until the answers have come. A patch names the actions it brings and needs no such wait, unless a row comes
 * into the selector with all that was done to it before.
 *
 * Promises: what is heard is passed on in order; nothing is held for long while the service could answer. A connection
 * that was lost meanwhile is waited for: what is shown till then is older, and whole.
 */
export function holdInDoubt(
  observer: KeptObserver,
  options: {
    readonly overlays: Pick<Overlays, 'inDoubt' | 'onDoubt'>
    readonly observable: string
    readonly clock: Clock
    readonly isOnline: () => boolean
    /** The keys of the server's rows, as far as they were passed on. */
    readonly keys: () => Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>
  },
): HeldObserver {
  const { overlays, observable, clock, isOnline } = options
  const doubts = new Set<string>()
  let held: (() => void)[] = []
  /** The keys there will be when what is held has been passed on. */
  let keysAhead: Set<string> | undefined
  let keyedBy: readonly string[] = []
  let cancelEnd: () => void = () => undefined
  const stopListening = overlays.onDoubt(releaseIfCertain)

  return {
    observer: {
      ...observer,
      kept: (state) => {
        keyedBy = state.keyedBy
        inOrder(() => observer.kept?.(state))
      },
      rows: (state) => {
        keyedBy = state.keyedBy
        doubt(overlays.inDoubt(observable))
        if (doubts.size > 0) keysAhead = new Set(state.rows.map(keyOf))
        inOrder(() => observer.rows(state))
      },
      patch: (patch) => {
        const strange = new Set(patch.set.map(keyOf).filter((key) => !(keysAhead ?? options.keys()).has(key)))
        if (strange.size > 0) doubt(overlays.inDoubt(observable, strange))
        for (const id of patch.acts) doubts.delete(id)
        if (doubts.size > 0) goAhead(patch)
        inOrder(() => observer.patch(patch))
      },
      forgotten: () => {
        forget()
        observer.forgotten?.()
      },
      resumed: (at) => inOrder(() => observer.resumed(at)),
      // Else rows from before a refusal would be taken for the last word.
      trouble: (error, final) => inOrder(() => observer.trouble(error, final)),
      // What is held will be what the service says the rows are.
      ...(observer.hash && { hash: () => (held.length > 0 ? undefined : observer.hash?.()) }),
      ...(observer.checked && { checked: (found) => inOrder(() => observer.checked?.(found)) }),
    },
    inOrder,
    stop: () => {
      stopListening()
      cancelEnd()
      held = []
    },
  }

  function keyOf(row: Row): string {
    return rowKey(row, keyedBy)
  }

  function doubt(ids: readonly string[]): void {
    for (const id of ids) doubts.add(id)
  }

  function goAhead({ set, del }: SelectorPatch): void {
    keysAhead ??= new Set(options.keys().keys())
    for (const key of del) keysAhead.delete(key)
    for (const row of set) keysAhead.add(keyOf(row))
  }

  function inOrder(work: () => void): void {
    if (held.length === 0 && doubts.size === 0) return work()
    held.push(work)
    if (held.length === 1) endLater()
    releaseIfCertain()
  }

  function releaseIfCertain(): void {
    if (held.length === 0) return
    const open = new Set(overlays.inDoubt(observable))
    for (const id of doubts) if (!open.has(id)) doubts.delete(id)
    if (doubts.size === 0) release()
  }

  function endLater(): void {
    cancelEnd = clock.after(heldMsMax, () => (isOnline() ? release() : endLater()))
  }

  function release(): void {
    for (const work of forget()) work()
  }

  /** What was held. */
  function forget(): readonly (() => void)[] {
    cancelEnd()
    doubts.clear()
    keysAhead = undefined
    const ready = held
    held = []
    return ready
  }
}
