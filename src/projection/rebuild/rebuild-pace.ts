/**
 * How fast a rebuild may go: a rate somebody set, and room for live work, which comes first.
 *
 * Pure: told how long a piece of work took, it answers how long to rest after it.
 */
export interface RebuildPace {
  setRateMax(rateMax: number | null): void
  /** How live work fares: while it suffers, the share of time this may work is halved, down to a little; then it grows again. */
  noteLive(live: { readonly lagMs: number; readonly loopDelayMs: number }): void
  restMs(work: { readonly eventCount: number; readonly workMs: number }): number
}

/** Live work that is later than this suffers. */
const lagMsMax = 500
const loopDelayMsMax = 50
const shareMin = 0.1
const growth = 1.25

export function createRebuildPace(rateMaxAtFirst: number | null): RebuildPace {
  let rateMax = rateMaxAtFirst
  let share = 1
  return {
    setRateMax: (rate) => {
      rateMax = rate
    },
    noteLive: ({ lagMs, loopDelayMs }) => {
      const suffers = lagMs > lagMsMax || loopDelayMs > loopDelayMsMax
      share = suffers ? Math.max(shareMin, share / 2) : Math.min(1, share * growth)
    },
    restMs: ({ eventCount, workMs }) => {
      const forLive = workMs * (1 / share - 1)
      const forRate = rateMax === null || rateMax <= 0 ? 0 : (eventCount / rateMax) * 1_000 - workMs
      return Math.max(0, forLive, forRate)
    },
  }
}
