import type { Clock } from '#kernel/clock.ts'
import { RestFailure } from '../rest-failure.ts'
import { type HeldKey, idOfKey, isKeyOf } from './api-key.ts'
import { networkOf } from './network-of.ts'
import { createTokenBuckets, type Taken } from './token-buckets.ts'

/**
 * Lets requests in that carry a key.
 *
 * Promises: a wrong key takes as long as a right one; who sends many wrong ones is told to wait (429), and costs nothing
 * more; a right key is never held up by the wrong ones of somebody at the same address. Each agent counts for itself.
 */
export interface KeyGate {
  /** Whose request it is; `address` is asked of those that are refused. Throws `RestFailure`: `no-key`, `too-many`, or `unavailable` while no keys are known here yet. */
  identify(request: Request, address: () => string): HeldKey
  /** Takes one of the requests that the key may make, and says in headers how many are left. Throws `too-many`. */
  count(key: HeldKey): Readonly<Record<string, string>>
}

const wrongPerMinuteMax = 30
const addressCountMax = 10_000
const keyCountMax = 10_000

export function createKeyGate(options: {
  /** Undefined until they came for the first time. */
  keys: () => ReadonlyMap<string, HeldKey> | undefined
  onUse: (key: HeldKey) => void
  clock: Clock
}): KeyGate {
  const { keys, onUse, clock } = options
  const ofKeys = createTokenBuckets(clock, keyCountMax)
  const ofAddresses = createTokenBuckets(clock, addressCountMax)

  const find = (given: string): HeldKey | undefined => {
    const id = idOfKey(given)
    const held = id === undefined ? undefined : keys()?.get(id)
    // Compared in any case: whether an id is known does not show in the time it takes.
    const isRight = isKeyOf(held ?? nobody, given)
    return held && isRight ? held : undefined
  }
  const refuse = (address: () => string, words: string, error: string): RestFailure => {
    const { ok, waitMs } = ofAddresses.take(networkOf(address()), wrongPerMinuteMax)
    if (ok) return new RestFailure('no-key', words, { headers: { 'www-authenticate': `Bearer realm="peek"${error}` } })
    return tooMany('Too many requests without a right key come from this address', waitMs, {})
  }

  return {
    identify: (request, address) => {
      if (!keys())
        throw new RestFailure('unavailable', 'This agent has not got its keys from logic yet; send it again shortly.', {
          headers: { 'retry-after': '5' },
        })
      const given = keyIn(request)
      if (given === undefined)
        throw refuse(address, 'Send an API key: "Authorization: Bearer peek_…". An administrator makes it.', '')
      const key = find(given)
      if (!key)
        throw refuse(
          address,
          'The API key is not known here: it is wrong, was revoked, or is long past its time.',
          invalid,
        )
      if (key.expiresAt !== null && key.expiresAt <= clock.now())
        throw refuse(
          address,
          `The API key "${key.name}" is past its time: ask an administrator for a new one.`,
          invalid,
        )
      onUse(key)
      return key
    },
    count: (key) => {
      const taken = ofKeys.take(key.id, key.requestsPerMinute)
      const headers = toHeaders(key, taken)
      if (taken.ok) return headers
      throw tooMany(`The key may make ${key.requestsPerMinute} requests a minute`, taken.waitMs, headers)
    },
  }
}

const nobody = { hash: '00'.repeat(32) }
const invalid = ', error="invalid_token"'

/** Throws `forbidden` with the scope that is missing. */
export function checkScope(key: HeldKey, scope: string): void {
  if (key.scopes.includes(scope)) return
  throw new RestFailure('forbidden', `The API key "${key.name}" lacks the scope "${scope}".`, {
    headers: { 'www-authenticate': `Bearer realm="peek", error="insufficient_scope", scope="${scope}"` },
  })
}

function keyIn(request: Request): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  return bearer ?? request.headers.get('x-api-key') ?? undefined
}

function toHeaders({ requestsPerMinute }: HeldKey, { left, fullInMs }: Taken): Record<string, string> {
  return {
    'ratelimit-policy': `${requestsPerMinute};w=60`,
    'ratelimit-limit': String(requestsPerMinute),
    'ratelimit-remaining': String(left),
    'ratelimit-reset': toSeconds(fullInMs),
  }
}

function tooMany(words: string, waitMs: number, headers: Readonly<Record<string, string>>): RestFailure {
  const seconds = toSeconds(waitMs)
  return new RestFailure('too-many', `${words}: send again in ${seconds} s.`, {
    headers: { ...headers, 'retry-after': seconds },
  })
}

function toSeconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1_000)))
}
