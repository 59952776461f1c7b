import { comparePositions, type Position } from '#kernel/position.ts'

/** The place of one event between being read and being settled. */
export type Place = { readonly position: Position; isSettled: boolean }

/**
 * The events a reactor has read and is not done with, in the order of the log, whatever order they end in.
 *
 * Promises: the mark never passes an event that is not settled.
 */
export interface ReactionWindow {
  add(position: Position): Place
  /** The log was looked through this far, and everything of interest has been added. */
  look(upTo: Position): void
  /** The position up to which everything is settled. Forgets what is below. */
  mark(): Position
  size(): number
}

export function createReactionWindow(start: Position): ReactionWindow {
  const places: Place[] = []
  let lookedUpTo = start
  let mark = start
  return {
    add: (position) => {
      const place = { position, isSettled: false }
      places.push(place)
      return place
    },
    look: (upTo) => {
      lookedUpTo = upTo
    },
    mark: () => {
      const first = places.findIndex((place) => !place.isSettled)
      const settled = places.splice(0, first < 0 ? places.length : first)
      mark = settled.at(-1)?.position ?? mark
      if (places.length === 0 && comparePositions(lookedUpTo, mark) > 0) mark = lookedUpTo
      return mark
    },
    size: () => places.length,
  }
}
