import type { RecordedEvent } from '#event-store/event-store.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import type { Place } from './reaction-window.ts'

/** An event in memory, with its place in the window. */
export type Entry = { readonly event: RecordedEvent; readonly place: Place }

/** The events of one entity that are in memory, in order; the first of them is being tried. */
export type Lane = {
  readonly entries: Entry[]
  /** Nothing further of it is tried: what is left is noted. */
  isEnding: boolean
  readonly over: Deferred<void>
}

export function createLane(entry: Entry): Lane {
  return { entries: [entry], isEnding: false, over: createDeferred() }
}
