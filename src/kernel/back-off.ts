import type { Random } from './random.ts'

/** How long to wait before attempt number `attempt` (0 is the first retry): doubling, capped, jittered by half. */
export function backOffMs(attempt: number, random: Random, firstMs = 250, maxMs = 10_000): number {
  const ceilingMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 20))
  return Math.round(ceilingMs / 2 + random() * (ceilingMs / 2))
}
