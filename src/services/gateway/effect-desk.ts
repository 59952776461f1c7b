import type { ActionEffect, ChangeEvent } from '#event-store/change-event.ts'
import { isAuthor, type ActionEffect as ToldEffect } from '#vortex/protocol/action-effect.ts'
import { effectsVersion } from '#vortex/protocol/protocol-version.ts'
import type { Session } from '#vortex/server/vortex-handler.ts'

/**
 * Tells devices what became of their actions where a patch never comes: the effect is delayed, in place, or left out (seam 8).
 *
 * Promises: only the device whose action it is, and its person elsewhere, hear of it; where too much changed to be named,
 * or may have been missed, everybody is told to ask. Nothing is kept here: whoever was away asks when it is back.
 */
export interface EffectDesk {
  take(feed: string, change: ChangeEvent): void
  /** Announcements may have been missed. */
  askAgain(): void
}

export function createEffectDesk(options: { readonly sessions: () => Iterable<Session> }): EffectDesk {
  const sessionsThatUnderstand = function* (): Generator<Session> {
    for (const session of options.sessions()) if (session.version >= effectsVersion) yield session
  }
  const askAgain = (): void => {
    for (const session of sessionsThatUnderstand()) session.send({ k: 'effects', ask: true }, '[]')
  }

  return {
    take: (feed, change) => {
      if (change.kind === 'resync') return askAgain()
      if (!change.effects) return
      const { of, on } = change.effects
      if (of === 'ask') return askAgain()
      for (const session of sessionsThatUnderstand()) {
        const own = of.filter((effect) => isAuthor(session.principal, effect))
        if (own.length > 0) session.send({ k: 'effects', ask: false }, JSON.stringify(own.map(toTold(feed, on))))
      }
    },
    askAgain,
  }
}

/** Whose it is stays here. */
function toTold(projection: string, on: readonly string[]): (effect: ActionEffect) => ToldEffect {
  return ({ user: _user, device: _device, ...effect }) => ({ ...effect, projection, on: [...on] })
}
