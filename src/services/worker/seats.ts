import type { Clock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'

/**
 * Who sits in the places of a worker, and who may be leased already as a place will be free by the time that is recorded.
 *
 * Promises: so many sit at once at most. Usually a job is leased only where a place is free; while jobs here are short a few
 * more are, so that the places need not wait for the store. One of these that finds no place soon after all, because a long
 * job came before it, is told so, to go elsewhere.
 */
export interface Seats {
  /** One more may be leased. */
  hasRoom(): boolean
  sittingCount(): number
  /** For one that is about to be leased; it leaves in any case. */
  take(): Seat
}

export type Seat = {
  /** Resolves when it has a place; false: not soon. */
  sit(): Promise<boolean>
  leave(): void
}

/** Leased beyond the places, for each of them. */
export const aheadPerPlace = 3
/** On average; the store takes about as long to record a lease. */
const shortMs = 50
/** One that sits longer is a long one, whatever the others were. */
const longMs = 250
const waitMsMax = 500
const weightOfLast = 0.2

export function createSeats({ placesMax, clock }: { readonly placesMax: number; readonly clock: Clock }): Seats {
  const taken = new Set<Seat>()
  const sittingSince = new Map<Seat, number>()
  const queue = new Map<Seat, { readonly asked: Deferred<boolean>; readonly cancel: () => void }>()
  let meanMs = Number.POSITIVE_INFINITY

  const areShort = (): boolean => {
    const now = clock.now()
    for (const since of sittingSince.values()) if (now - since > longMs) return false
    return meanMs < shortMs
  }
  const note = (ms: number): void => {
    meanMs = Number.isFinite(meanMs) ? meanMs + (ms - meanMs) * weightOfLast : ms
  }
  const answer = (seat: Seat, canSit: boolean): void => {
    const waiting = queue.get(seat)
    if (!waiting) return
    queue.delete(seat)
    waiting.cancel()
    if (canSit) sittingSince.set(seat, clock.now())
    else note(Number.POSITIVE_INFINITY)
    waiting.asked.resolve(canSit)
  }
  const callNext = (): void => {
    const [next] = queue.keys()
    if (next && sittingSince.size < placesMax) answer(next, true)
  }
  const sit = (seat: Seat): Promise<boolean> => {
    const asked = createDeferred<boolean>()
    queue.set(seat, { asked, cancel: clock.after(waitMsMax, () => answer(seat, false)) })
    callNext()
    return asked.promise
  }
  const leave = (seat: Seat): void => {
    answer(seat, false)
    taken.delete(seat)
    const since = sittingSince.get(seat)
    if (since === undefined) return
    sittingSince.delete(seat)
    note(Math.max(0, clock.now() - since))
    callNext()
  }

  return {
    hasRoom: () => taken.size < placesMax * (areShort() ? 1 + aheadPerPlace : 1),
    sittingCount: () => sittingSince.size,
    take: () => {
      const seat: Seat = { sit: () => sit(seat), leave: () => leave(seat) }
      taken.add(seat)
      return seat
    },
  }
}
