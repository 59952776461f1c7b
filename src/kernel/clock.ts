/** Time as a parameter. Instants are milliseconds since 1970; timers return what cancels them. */
export interface Clock {
  now(): number
  /** Runs `work` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, work: () => void): () => void
  /** Milliseconds from any start, for lengths: nobody sets this one. Where it is absent, nobody sets the clock either. */
  elapsed?(): number
}

export function elapsed(clock: Clock): number {
  return clock.elapsed ? clock.elapsed() : clock.now()
}

declare const setTimeout: (work: () => void, delayMs: number) => unknown
declare const clearTimeout: (timer: unknown) => void
declare const performance: { now(): number }

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (delayMs, work) => {
    const timer = setTimeout(work, delayMs)
    return () => clearTimeout(timer)
  },
}

export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
}

/** A clock that moves only when told to: `advance` runs due timers in order. */
export interface FakeClock extends Clock {
  advance(lengthMs: number): void
}

export function createFakeClock(startAt = 0): FakeClock {
  let now = startAt
  let nextId = 0
  const timers = new Map<number, { dueAt: number; work: () => void }>()
  const nextDue = (until: number) =>
    [...timers].filter(([, timer]) => timer.dueAt <= until).sort(([i, a], [j, b]) => a.dueAt - b.dueAt || i - j)[0]

  return {
    now: () => now,
    after: (delayMs, work) => {
      const id = nextId++
      timers.set(id, { dueAt: now + delayMs, work })
      return () => timers.delete(id)
    },
    advance: (lengthMs) => {
      const until = now + lengthMs
      for (let due = nextDue(until); due; due = nextDue(until)) {
        timers.delete(due[0])
        now = due[1].dueAt
        due[1].work()
      }
      now = until
    },
  }
}
