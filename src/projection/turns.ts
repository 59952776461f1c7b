import { PlatformError } from '#kernel/platform-error.ts'

/** One after the other, in the order of asking; one that fails does not keep the next from its turn. */
export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>
  /** Whoever asks from here on is refused; resolves when the last turn is over. */
  end(): Promise<void>
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  let isOver = false
  return {
    take: (work) => {
      if (isOver)
        return Promise.reject(new PlatformError('unavailable', 'This run of the projector has just ended: try again.'))
      const mine = last.then(work)
      last = mine.catch(() => undefined)
      return mine
    },
    end: async () => {
      isOver = true
      await last
    },
  }
}
