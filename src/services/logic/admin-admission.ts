import { type AdminLogin, sessionKeyIn } from '#admin/login.ts'
import type { Clock } from '#kernel/clock.ts'
import { adminRole, type Principal } from '#vortex/protocol/principal.ts'
import type { WireError } from '#vortex/protocol/wire-error.ts'
import type { Admit, Session } from '#vortex/server/vortex-handler.ts'

/**
 * Ties the websockets of the admin app to the sign-in they were opened with.
 *
 * Promises: who signs out takes all sockets of that sign-in along at once; one that ran out, within a minute. Actions
 * extend a sign-in as requests do; mere watching does not.
 */
export interface AdminAdmission {
  readonly admit: Admit
  /** Whether the sign-in behind a principal still holds; asking counts as using it. */
  use(principal: Principal): boolean
  /** Begins to close what has lost its sign-in; returns what ends that. */
  guard(sessions: () => Iterable<Pick<Session, 'principal' | 'close'>>): () => void
}

const checkEveryMs = 60_000
export const notSignedIn: WireError = { kind: 'forbidden', words: 'Sign in to the admin site first.' }
const signInEnded: WireError = { kind: 'forbidden', words: 'Your sign-in has ended. Please sign in again.' }

export function createAdminAdmission({ login, clock }: { login: AdminLogin; clock: Clock }): AdminAdmission {
  // Principals are made here, one for each socket, and never leave the process: what an edge is handed back is the same object.
  const keys = new WeakMap<Principal, string>()

  return {
    admit: async (hello, { cookie }) => {
      const key = sessionKeyIn(cookie)
      const user = login.userOf(key)
      if (key === undefined || user === undefined) return { error: notSignedIn }
      const principal: Principal = { user, device: hello.device, service: 'logic', roles: [adminRole] }
      keys.set(principal, key)
      return { principal }
    },
    use: (principal) => login.userOf(keys.get(principal)) !== undefined,
    guard: (sessions) => {
      const closeEnded = (): void => {
        for (const session of [...sessions()])
          if (!login.isSignedIn(keys.get(session.principal))) session.close(signInEnded)
      }
      const check = (): void => {
        closeEnded()
        cancelCheck = clock.after(checkEveryMs, check)
      }
      let cancelCheck = clock.after(checkEveryMs, check)
      const stopListening = login.onSignOut(closeEnded)
      return () => {
        cancelCheck()
        stopListening()
      }
    },
  }
}
