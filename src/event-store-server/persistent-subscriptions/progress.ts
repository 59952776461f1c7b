/**
 * How far a reading has been dealt with, when its messages are dealt with in any order.
 *
 * Promises: `doneUpTo` never passes a message that is begun and not finished; when none is, it is what was `reached`.
 */
import type { UnhandledPlace } from './group-message.ts'
import { LinkedList, type ListEntry } from './linked-list.ts'

export class Progress {
  private readonly unhandled = new LinkedList<UnhandledPlace>()
  private reachedPlace: number

  /** `start` is dealt with already. */
  constructor(start: number) {
    this.reachedPlace = start
  }

  get reached(): number {
    return this.reachedPlace
  }

  get doneUpTo(): number {
    return this.unhandled.first?.previousPlace ?? this.reachedPlace
  }

  get unhandledCount(): number {
    return this.unhandled.size
  }

  begin(place: number): ListEntry<UnhandledPlace> {
    const entry = this.unhandled.add({ previousPlace: this.reachedPlace })
    this.reach(place)
    return entry
  }

  finish(entry: ListEntry<UnhandledPlace>): void {
    this.unhandled.remove(entry)
  }

  /** Up to `place` there is nothing more to begin. */
  reach(place: number): void {
    if (place > this.reachedPlace) this.reachedPlace = place
  }
}
