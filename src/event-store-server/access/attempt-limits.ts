/**
 * How often somebody may be wrong: per address, and per user at one address. Per user alone there is no limit, because then
 * anybody could lock anybody out.
 *
 * A wrong password costs a token; tokens come back with time. Memory is bounded: under a flood of addresses the oldest are
 * forgotten, and the bounded number of comparisons at once (`PasswordHasher`) is what limits the rest.
 */
import type { Clock } from '#kernel/clock.ts'
import { NotAuthenticated } from './access.ts'
import { RecentMap } from './recent-map.ts'

type Bucket = { tokens: number; filledAt: number }
type Limit = { readonly burst: number; readonly refillMs: number }

const perUserAndAddress: Limit = { burst: 10, refillMs: 6_000 }
const perAddress: Limit = { burst: 50, refillMs: 1_000 }
const rememberedMax = 20_000

export class AttemptLimits {
  private readonly clock: Clock
  private readonly buckets = new RecentMap<Bucket>(rememberedMax)

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Throws when this user at this address, or this address, has been wrong too often. */
  check(name: string, address: string): void {
    for (const [key, limit] of bucketsOf(name, address)) {
      const { tokens } = this.fill(key, limit)
      if (tokens >= 1) continue
      const waitSeconds = Math.ceil(((1 - tokens) * limit.refillMs) / 1_000)
      throw new NotAuthenticated(`Too many wrong passwords. Try again in ${waitSeconds} s.`)
    }
  }

  noteWrong(name: string, address: string): void {
    for (const [key, limit] of bucketsOf(name, address)) {
      const bucket = this.fill(key, limit)
      bucket.tokens = Math.max(0, bucket.tokens - 1)
      this.buckets.keep(key, bucket)
    }
  }

  private fill(key: string, { burst, refillMs }: Limit): Bucket {
    const now = this.clock.now()
    const bucket = this.buckets.find(key) ?? { tokens: burst, filledAt: now }
    // A clock that was put back gives nothing and takes nothing.
    const passedMs = Math.max(0, now - bucket.filledAt)
    bucket.tokens = Math.min(burst, bucket.tokens + passedMs / refillMs)
    bucket.filledAt = now
    return bucket
  }
}

function bucketsOf(name: string, address: string): readonly (readonly [key: string, limit: Limit])[] {
  return [
    [`${address} ${name}`, perUserAndAddress],
    [address, perAddress],
  ]
}
