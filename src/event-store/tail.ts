import type { Position } from '#kernel/position.ts'
import type { RecordedEvent } from './event-store.ts'

/** A feed that has joined: hears each batch of the tail. */
export type TailListener = {
  take(events: readonly RecordedEvent[], upTo: Position): void
  onLive(isLive: boolean): void
  fail(error: unknown): void
}
export type Tail = {
  /** Resolves when there is something to join, or never will be. */
  readonly ready: Promise<void>
  /** What came after the position and the listener joined from there; undefined when that is too long ago. */
  join(
    listener: TailListener,
    after: Position,
  ): { readonly missed: readonly RecordedEvent[]; readonly upTo: Position } | undefined
  leave(listener: TailListener): void
  isLive(): boolean
}
