import type { Clock } from '#kernel/clock.ts'

export type Taken = {
  readonly ok: boolean
  /** Whole tokens that are left. */
  readonly left: number
  /** Until one more can be taken; 0 when one can be now. */
  readonly waitMs: number
  /** Until the bucket is full again. */
  readonly fullInMs: number
}

/**
 * A token bucket a name: as many at once as there are tokens a minute, and filled evenly.
 *
 * Promises: bounded memory: of more names than the bound, the bucket used longest ago is forgotten, which fills it.
 */
export interface TokenBuckets {
  take(name: string, perMinute: number): Taken
  /** How it stands, taking nothing. */
  look(name: string, perMinute: number): Taken
}

const minuteMs = 60_000

export function createTokenBuckets(clock: Clock, countMax: number): TokenBuckets {
  const buckets = new Map<string, { tokens: number; perMinute: number; at: number }>()

  const refilled = (name: string, perMinute: number): number => {
    const known = buckets.get(name)
    // A limit that was changed begins anew; a clock that was set back fills nothing.
    if (!known || known.perMinute !== perMinute) return perMinute
    const passedMs = Math.max(0, clock.now() - known.at)
    return Math.min(perMinute, known.tokens + (passedMs * perMinute) / minuteMs)
  }
  const describe = (tokens: number, perMinute: number, ok: boolean): Taken => ({
    ok,
    left: Math.floor(tokens),
    waitMs: tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * minuteMs) / perMinute),
    fullInMs: Math.ceil(((perMinute - tokens) * minuteMs) / perMinute),
  })
  return {
    take: (name, perMinute) => {
      const before = refilled(name, perMinute)
      const ok = before >= 1
      const tokens = ok ? before - 1 : before
      buckets.delete(name)
      buckets.set(name, { tokens, perMinute, at: clock.now() })
      dropOldest(buckets, countMax)
      return describe(tokens, perMinute, ok)
    },
    look: (name, perMinute) => {
      const tokens = refilled(name, perMinute)
      return describe(tokens, perMinute, tokens >= 1)
    },
  }
}

function dropOldest(map: Map<string, unknown>, countMax: number): void {
  for (const name of map.keys()) {
    if (map.size <= countMax) return
    map.delete(name)
  }
}
