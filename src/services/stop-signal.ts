import type { Clock } from '#kernel/clock.ts'

/** Tells a loop of tries to end, and wakes it when it is waiting for the next one. */
export interface StopSignal {
  readonly isStopped: boolean
  stop(): void
  /** Resolves after the time, or at once when stopped; leaves no timer behind. */
  pause(delayMs: number): Promise<void>
}

export function createStopSignal(clock: Clock): StopSignal {
  const wakers = new Set<() => void>()
  let isStopped = false
  return {
    get isStopped() {
      return isStopped
    },
    stop: () => {
      isStopped = true
      for (const wake of wakers) wake()
    },
    pause: (delayMs) =>
      new Promise((resolve) => {
        if (isStopped) return resolve()
        const wake = (): void => {
          cancel()
          wakers.delete(wake)
          resolve()
        }
        const cancel = clock.after(delayMs, wake)
        wakers.add(wake)
      }),
  }
}
