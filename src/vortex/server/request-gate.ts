import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'

/** Counts the requests of all sessions that the handler is still working on; once shut, none is let in. */
export interface RequestGate {
  readonly isOpen: boolean
  readonly count: number
  enter(): void
  leave(): void
  /** Resolves when the last request has left, or when the time is up. */
  shut(timeoutMs: number): Promise<void>
}

export function createRequestGate(clock: Clock): RequestGate {
  let isOpen = true
  let count = 0
  const empty = createDeferred()
  return {
    get isOpen() {
      return isOpen
    },
    get count() {
      return count
    },
    enter: () => {
      count += 1
    },
    leave: () => {
      count -= 1
      if (!isOpen && count === 0) empty.resolve()
    },
    shut: async (timeoutMs) => {
      isOpen = false
      if (count === 0) return
      const cancel = clock.after(timeoutMs, () => empty.resolve())
      await empty.promise
      cancel()
    },
  }
}
