/**
 * When a shadow is saved: often enough that a kill loses little, seldom enough that saving takes a tenth of the time at
 * most. Pure but for the clock it is given.
 */
export interface SavePace {
  isDue(): boolean
  /** A save ended, having taken so long. */
  noteSave(tookMs: number): void
}

const shareMax = 0.1

export function createSavePace(options: { readonly now: () => number; readonly everyMsMin: number }): SavePace {
  const { now, everyMsMin } = options
  let endedAt = now()
  let pauseMs = everyMsMin
  return {
    isDue: () => now() - endedAt >= pauseMs,
    noteSave: (tookMs) => {
      endedAt = now()
      pauseMs = Math.max(everyMsMin, tookMs / shareMax)
    },
  }
}
