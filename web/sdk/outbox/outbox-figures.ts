import { type Clock, elapsed, pause } from '#kernel/clock.ts'
import type { OutboxFigures, OutboxStore } from '../device-store/device-store.ts'

/**
 * The figures of the store, read anew after each change.
 *
 * Promises: `fresh` is what the store said after the last change that anybody here knows of, or nothing.
 */
export interface FiguresReader {
  fresh(): OutboxFigures | undefined
  latest(): OutboxFigures | undefined
  /** Something is being changed: what is known is old from now on, until the function is called and it was read again. */
  begin(): () => void
  read(): void
}

/** Counting must not hold up what is written: it takes at most a fifth of the time. */
const pauseShare = 4
const pauseMsMax = 250

export function createFiguresReader(options: {
  readonly store: Pick<OutboxStore, 'figures'>
  readonly clock: Clock
  onRead(): void
}): FiguresReader {
  const { clock } = options
  let latest: OutboxFigures | undefined
  /** Changes that are not finished, and how many there ever were. */
  let openCount = 0
  let wanted = 0
  let known = -1
  let isReading = false

  return {
    fresh: () => (openCount === 0 && known === wanted ? latest : undefined),
    latest: () => latest,
    begin: () => {
      openCount++
      wanted++
      return () => {
        openCount--
        void read()
      }
    },
    read: () => {
      wanted++
      void read()
    },
  }

  async function read(): Promise<void> {
    if (isReading) return
    isReading = true
    try {
      while (openCount === 0 && known !== wanted) {
        const reading = wanted
        const startedAt = elapsed(clock)
        latest = await options.store.figures()
        known = reading
        options.onRead()
        const tookMs = elapsed(clock) - startedAt
        if (tookMs >= 1) await pause(clock, Math.min(pauseMsMax, tookMs * pauseShare))
      }
    } catch {
      // A store that says nothing: then nothing is known, and nobody says that all is sent.
    }
    isReading = false
    options.onRead()
  }
}
