import type { Clock } from '#kernel/clock.ts'

/** Two ways to wait for something that may never come. What is given up on goes on unheard: its failure is swallowed. */

/** The value, or what `late` makes when it takes longer than `deadlineMs`. */
export function within<T>(clock: Clock, deadlineMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(Math.max(0, deadlineMs), () => reject(late()))
    work.then(resolve, reject).finally(cancel)
  })
}

/** Thrown to unwind what was waiting when it was told to stop. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** The value, or `Stopped` as soon as the signal fires. Leaves nothing behind on a long-lived signal. */
export function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Stopped('Stopped'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** Waits, or throws `Stopped` at once when the signal fires; no timer outlives it. */
export function pauseUnlessStopped(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Stopped('Stopped'))
    const stop = () => {
      cancel()
      reject(new Stopped('Stopped'))
    }
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
    signal.addEventListener('abort', stop, { once: true })
  })
}
