import type { Clock } from '#kernel/clock.ts'
import { comparePositions, parsePosition } from '#kernel/position.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Row } from '#vortex/protocol/row.ts'

/**
 * What actions under way are expected to do to rows, laid over what the server says.
 *
 * Promises: an overlay goes the moment a patch names its action or the rows have passed its position, whichever comes
 * first, or when the action is refused; one that was accepted goes after a while even if no patch ever tells.
 */
export interface Overlays {
  add(actionId: string, observable: string, apply: (row: Row) => Row): void
  onAnswer(actionId: string, answer: Answer): void
  /** Rows of the observable have reached the position, with the effect of these actions. Told before they change. */
  settle(observable: string, position: string, actionIds: readonly string[]): void
  /** The row as a person should see it. */
  show(observable: string, row: Row): Row
  onChange(observable: string, listener: () => void): () => void
}

type Overlay = {
  readonly observable: string
  readonly apply: (row: Row) => Row
  acceptedAt: string | undefined
  cancelEnd: () => void
}

const acceptedLifeMs = 10_000

export function createOverlays(clock: Clock): Overlays {
  const overlays = new Map<string, Overlay>()
  const listeners = new Map<string, Set<() => void>>()
  /** How far the rows of each observable are. */
  const reached = new Map<string, string>()

  return {
    add: (actionId, observable, apply) => {
      overlays.set(actionId, { observable, apply, acceptedAt: undefined, cancelEnd: () => undefined })
      tell(observable)
    },
    onAnswer: (actionId, answer) => {
      const overlay = overlays.get(actionId)
      if (overlay === undefined) return
      if (answer.outcome !== 'accepted' || hasPassed(reached.get(overlay.observable), answer.position)) {
        drop(actionId)
      } else {
        overlay.acceptedAt = answer.position
        overlay.cancelEnd = clock.after(acceptedLifeMs, () => drop(actionId))
      }
    },
    settle: (observable, position, actionIds) => {
      reached.set(observable, position)
      const gone = [...overlays].filter(
        ([id, one]) => one.observable === observable && (actionIds.includes(id) || hasPassed(position, one.acceptedAt)),
      )
      for (const [id] of gone) drop(id)
    },
    show: (observable, row) => {
      let shown = row
      for (const one of overlays.values()) {
        if (one.observable === observable) shown = applySafely(one, shown)
      }
      return shown
    },
    onChange: (observable, listener) => {
      const set = listeners.get(observable) ?? new Set()
      listeners.set(observable, set.add(listener))
      return () => set.delete(listener)
    },
  }

  function drop(actionId: string): void {
    const overlay = overlays.get(actionId)
    if (overlay === undefined) return
    overlay.cancelEnd()
    overlays.delete(actionId)
    tell(overlay.observable)
  }

  function tell(observable: string): void {
    for (const listener of listeners.get(observable) ?? []) listener()
  }
}

/** A bug in an expectation is reported like any other on the page, and costs no more than the expectation. */
function applySafely({ apply }: Overlay, row: Row): Row {
  try {
    return apply(row)
  } catch (error) {
    reportError(error)
    return row
  }
}

function hasPassed(reached: string | undefined, wanted: string | undefined): boolean {
  const [a, b] = [parsePosition(reached), parsePosition(wanted)]
  return a !== undefined && b !== undefined && comparePositions(a, b) >= 0
}
