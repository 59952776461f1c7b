/** A token bucket: `burstMax` frames at once, `perSecondMax` for ever. */
export interface FrameBudget {
  /** Whether one more frame is within the budget now; one that costs less than others says what share. */
  spend(now: number, cost?: number): boolean
}

/**
 * What an action costs that came in one message with others: the message is most of the work of a small frame, and how many
 * actions are under way is bounded elsewhere. So a device that has thousands to send takes as long as its link does.
 */
export const bundledActCost = 0.1

export function createFrameBudget(perSecondMax: number, burstMax: number, startAt: number): FrameBudget {
  let tokens = burstMax
  let filledAt = startAt
  return {
    spend: (now, cost = 1) => {
      const elapsedMs = Math.max(0, now - filledAt)
      tokens = Math.min(burstMax, tokens + (elapsedMs / 1_000) * perSecondMax)
      filledAt = now
      if (tokens < cost) return false
      tokens -= cost
      return true
    },
  }
}
