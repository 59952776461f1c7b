/** A token bucket: `burstMax` frames at once, `perSecondMax` for ever. */
export interface FrameBudget {
  /** Whether one more frame is within the budget now. */
  spend(now: number): boolean
}

export function createFrameBudget(perSecondMax: number, burstMax: number, startAt: number): FrameBudget {
  let tokens = burstMax
  let filledAt = startAt
  return {
    spend: (now) => {
      const elapsedMs = Math.max(0, now - filledAt)
      tokens = Math.min(burstMax, tokens + (elapsedMs / 1_000) * perSecondMax)
      filledAt = now
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
