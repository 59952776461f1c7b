/**
 * Where a read or a subscription delivers: one client's call.
 *
 * `isFull` asks the sender to stop; what was sent stays sent. `onChange` is told when there is room again or the call is
 * over. A sender that honours this holds no more than one page for a client that does not read.
 */
import type { Clock } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { Waker } from './waker.ts'

export interface ReadSink {
  readonly isClosed: boolean
  readonly isFull: boolean
  /** The last listener given is the one told. */
  onChange(listener: () => void): void
  sendEvent(record: Buffer): void
}

export type LivePlace = { readonly revision: number } | { readonly position: number }

export interface SubscriptionSink extends ReadSink {
  sendConfirmation(): void
  sendCheckpoint(position: number): void
  sendCaughtUp(place: LivePlace): void
  sendFellBehind(place: LivePlace): void
}

/** Sleeps until the sink has room; false when the call is over. */
export async function waitForRoom(sink: ReadSink, waker: Waker): Promise<boolean> {
  while (sink.isFull && !sink.isClosed) await waker.sleep()
  return !sink.isClosed
}

/** The same, but a reader that takes nothing for `stallMs` is given up: clients abandon reads without cancelling them. */
export async function waitForReader(sink: ReadSink, clock: Clock, stallMs: number): Promise<boolean> {
  const waker = new Waker()
  let isStalled = false
  sink.onChange(waker.wake)
  const cancel = clock.after(stallMs, () => {
    isStalled = true
    waker.wake()
  })
  while (sink.isFull && !sink.isClosed && !isStalled) await waker.sleep()
  cancel()
  if (isStalled && sink.isFull && !sink.isClosed)
    throw new PlatformError(
      'timeout',
      `The reader took nothing for ${stallMs} ms. Read smaller pages, or read on from the last event.`,
    )
  return !sink.isClosed
}

const turnMsMax = 10

/** Measures the work of one turn, for loops that may look at many events and send few. */
export class TurnTimer {
  private startedAt = performance.now()

  /** Ends the turn when it has lasted long enough. */
  async pause(): Promise<void> {
    await nextTurn()
    this.startedAt = performance.now()
  }

  get isOver(): boolean {
    return performance.now() - this.startedAt > turnMsMax
  }
}

/** Lets other work have its turn between two pages. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
