import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#kernel/clock.ts'

/**
 * Sign-in to the admin site. A session is a random key in a cookie that scripts cannot read; only its hash is kept.
 * Wrong passwords slow an address down, so that guessing is hopeless; the right one still works from elsewhere.
 */
export interface AdminLogin {
  /** The cookie's value, or how long to wait before the next try. */
  signIn(
    user: string,
    password: string,
    address: string,
  ): { readonly key: string } | { readonly error: 'wrong' | 'wait'; readonly waitMs: number }
  signOut(key: string): void
  /** The user of a session, while it lasts; each use extends it. */
  userOf(key: string | undefined): string | undefined
  /** Whether a session lasts; asking does not extend it. */
  isSignedIn(key: string | undefined): boolean
  /** Hears of each signing out, after it; returns what ends that. */
  onSignOut(listener: () => void): () => void
}

export const sessionCookie = 'peek-admin'
const sessionLengthMs = 12 * 3_600_000
const sessionCountMax = 1_000
const freeTriesMax = 5
const firstWaitMs = 1_000
const waitMsMax = 60_000

export function createAdminLogin(options: { user: string; password: string; clock: Clock }): AdminLogin {
  const { clock } = options
  const sessions = new Map<string, { readonly user: string; expiresAt: number }>()
  const signOutListeners = new Set<() => void>()
  const failures = new Map<string, { count: number; waitUntil: number }>()

  const noteFailure = (address: string): number => {
    const failure = failures.get(address) ?? { count: 0, waitUntil: 0 }
    failure.count++
    const waitMs =
      failure.count < freeTriesMax ? 0 : Math.min(waitMsMax, firstWaitMs * 2 ** (failure.count - freeTriesMax))
    failure.waitUntil = clock.now() + waitMs
    failures.set(address, failure)
    dropOldest(failures, sessionCountMax)
    return waitMs
  }

  return {
    signIn: (user, password, address) => {
      const waitMs = (failures.get(address)?.waitUntil ?? 0) - clock.now()
      if (waitMs > 0) return { error: 'wait', waitMs }
      const isRight = sameText(user, options.user) && sameText(password, options.password)
      if (!isRight) return { error: 'wrong', waitMs: noteFailure(address) }
      failures.delete(address)
      const key = randomBytes(32).toString('base64url')
      sessions.set(hash(key), { user, expiresAt: clock.now() + sessionLengthMs })
      dropOldest(sessions, sessionCountMax)
      return { key }
    },
    signOut: (key) => {
      if (!sessions.delete(hash(key))) return
      for (const listener of [...signOutListeners]) listener()
    },
    userOf: (key) => {
      const session = key ? sessions.get(hash(key)) : undefined
      if (!key || !session) return undefined
      if (session.expiresAt <= clock.now()) {
        sessions.delete(hash(key))
        return undefined
      }
      session.expiresAt = clock.now() + sessionLengthMs
      return session.user
    },
    isSignedIn: (key) => key !== undefined && (sessions.get(hash(key))?.expiresAt ?? 0) > clock.now(),
    onSignOut: (listener) => {
      signOutListeners.add(listener)
      return () => void signOutListeners.delete(listener)
    },
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

/** Compared as hashes, so that neither length nor content shows in the time it takes. */
function sameText(left: string, right: string): boolean {
  return timingSafeEqual(createHash('sha256').update(left).digest(), createHash('sha256').update(right).digest())
}

function dropOldest(map: Map<string, unknown>, countMax: number): void {
  for (const key of map.keys()) {
    if (map.size <= countMax) return
    map.delete(key)
  }
}

/** The session key in a Cookie header. */
export function sessionKeyIn(cookieHeader: string | null | undefined): string | undefined {
  return cookieHeader
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${sessionCookie}=`))
    ?.slice(sessionCookie.length + 1)
}
