import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Position } from '#kernel/position.ts'
import type { ToRebuilder } from './rebuild-messages.ts'
import { createRebuildPace } from './rebuild-pace.ts'

/** Thrown out of whatever a rebuild is at when it was told to stop: not a failure. */
export class Stopped extends Error {}

/** Thrown where what was folded does not hold any more: the shadow is gone, and made anew. */
export class BeginAgain extends Error {}

/**
 * What logic asked of a rebuild, kept until the rebuild looks.
 *
 * `gate` is where it looks: before each piece of work. There it waits while it is paused, and leaves by `Stopped`.
 */
export interface RebuildOrders {
  hear(message: ToRebuilder): void
  isPaused(): boolean
  isApproved(): boolean
  isStopped(): boolean
  /** Throws `Stopped`; otherwise resolves when work may go on. `onPause` runs once before it waits. */
  gate(onPause: () => Promise<void>): Promise<void>
  /** Rests as the pace of the work before asks for. */
  rest(work: { eventCount: number; workMs: number }): Promise<void>
  /** The position of the meeting that was asked for last and is not taken yet, `part`, or nothing within the time. */
  meeting(deadlineMs: number): Promise<Position | 'part' | undefined>
  /** Waits so long, or until something is said. */
  wait(delayMs: number): Promise<void>
  /** Waits so long, whatever is said meanwhile. */
  waitOut(delayMs: number): Promise<void>
}

export function createRebuildOrders(begin: Extract<ToRebuilder, { kind: 'begin' }>, clock: Clock): RebuildOrders {
  const pace = createRebuildPace(begin.rateMax)
  let isPaused = begin.isPaused
  let isApproved = false
  let isStopped = false
  let meeting: Position | 'part' | undefined
  let news = createDeferred<void>()

  const hear = (message: ToRebuilder): void => {
    switch (message.kind) {
      case 'begin':
        break
      case 'pause':
        isPaused = true
        break
      case 'resume':
        isPaused = false
        break
      case 'approve':
        isApproved = true
        isPaused = false
        break
      case 'stop':
        isStopped = true
        break
      case 'throttle':
        pace.setRateMax(message.rateMax)
        break
      case 'live':
        pace.noteLive(message)
        break
      case 'meet':
        meeting = message.position
        break
      case 'part':
        meeting = 'part'
        break
    }
    const heard = news
    news = createDeferred()
    heard.resolve()
  }
  const wait = async (delayMs: number): Promise<void> => {
    if (isStopped) throw new Stopped()
    const heard = news.promise
    const over = createDeferred<void>()
    const cancel = clock.after(delayMs, over.resolve)
    await Promise.race([heard, over.promise])
    cancel()
    if (isStopped) throw new Stopped()
  }
  const waitUntil = async (deadlineMs: number, isTrue: () => boolean): Promise<void> => {
    const endsAt = clock.now() + deadlineMs
    while (!isTrue() && clock.now() < endsAt) await wait(Math.min(idleMs, endsAt - clock.now()))
  }

  return {
    hear,
    isPaused: () => isPaused,
    isApproved: () => isApproved,
    isStopped: () => isStopped,
    gate: async (onPause) => {
      if (isStopped) throw new Stopped()
      if (!isPaused) return
      await onPause()
      while (isPaused) await wait(idleMs)
    },
    rest: async (work) => {
      // Rules may change while it rests: a throttle that is taken away, a stop.
      const restMs = Math.min(pace.restMs(work), idleMs)
      const endsAt = clock.now() + restMs
      while (clock.now() < endsAt) {
        await wait(endsAt - clock.now())
        if (pace.restMs(work) < restMs / 2) return
      }
    },
    meeting: async (deadlineMs) => {
      await waitUntil(deadlineMs, () => meeting !== undefined)
      const asked = meeting
      meeting = undefined
      return asked
    },
    wait,
    waitOut: (delayMs) => waitUntil(delayMs, () => false),
  }
}

const idleMs = 60_000
