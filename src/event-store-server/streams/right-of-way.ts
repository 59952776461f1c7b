/**
 * Who goes first where one thread serves all: those who wait for an answer before reads of the background, which have said
 * that nobody waits for them.
 *
 * Promises: while nobody else asks for anything, a read of the background goes on at once; beside others it works in short
 * pieces and rests sixteen times as long as it worked, so that they find the thread free, and it still goes on for ever.
 */
import type { Clock } from '#kernel/clock.ts'
import type { PageLimits } from '../storage/storage.ts'
import { nextTurn } from './read-sink.ts'

/** After this long without a word from anybody, the background has the thread for itself. */
const attendedMs = 50
const restFactor = 16
/** A piece that took longer waited for its own reader, which was rest enough. */
const workMsMax = 4
const shortPage: PageLimits = { eventCountMax: 128, sizeBytesMax: 131_072, timeMsMax: 1 }

export class RightOfWay {
  private readonly clock: Clock
  private readonly page: PageLimits
  private lastAskedAt = Number.NEGATIVE_INFINITY

  /** `page` is what is read at once while nobody waits. */
  constructor(clock: Clock, page: PageLimits) {
    this.clock = clock
    this.page = page
  }

  /** Somebody asks for something, and waits for it. */
  noteAsked(): void {
    this.lastAskedAt = this.clock.now()
  }

  get pageLimits(): PageLimits {
    return this.isAttended ? shortPage : this.page
  }

  /** Resolves when a read of the background may go on. */
  giveWay(workMs: number): Promise<void> {
    if (!this.isAttended) return nextTurn()
    const restMs = Math.ceil(Math.min(workMs, workMsMax) * restFactor)
    return new Promise((resolve) => this.clock.after(restMs, resolve))
  }

  private get isAttended(): boolean {
    return Math.abs(this.clock.now() - this.lastAskedAt) < attendedMs
  }
}
