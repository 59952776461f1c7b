import { type Clock, systemClock } from '#kernel/clock.ts'
import { type Random, systemRandom } from '#kernel/random.ts'
import { type OpenSocket, openWebSocket } from '#vortex/client/socket-like.ts'
import type { KeptTexts } from './device-id.ts'
import type { RequestLock } from './tabs/leader-election.ts'
import { type OpenTabChannel, openBroadcastChannel } from './tabs/relay-messages.ts'
import { makeUuid } from './uuid.ts'

/** What the sdk needs of the browser; tests bring their own. */
export type Surroundings = {
  readonly clock: Clock
  readonly random: Random
  readonly makeUuid: () => string
  readonly openSocket: OpenSocket
  /** Throws where the browser keeps nothing. */
  readonly kept: () => KeptTexts | undefined
  /** Absent on insecure origins: then every tab has a connection of its own. */
  readonly tabs: { readonly requestLock: RequestLock; readonly openChannel: OpenTabChannel } | undefined
  /** The address of the service this page came from. */
  readonly url: () => string
  /** Calls when a person comes back to the page, or the machine to the network. */
  readonly onReturn: (listener: () => void) => () => void
}

export function browserSurroundings(): Surroundings {
  return {
    clock: systemClock,
    random: systemRandom,
    makeUuid: () => makeUuid(),
    openSocket: openWebSocket,
    kept: () => globalThis.localStorage,
    tabs: findTabs(),
    url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/vortex`,
    onReturn: listenForReturn,
  }
}

function findTabs(): Surroundings['tabs'] {
  // Typed as always there, but browsers withhold locks from pages over plain http.
  const locks: LockManager | undefined = navigator.locks
  if (locks === undefined || typeof BroadcastChannel === 'undefined') return undefined
  return {
    requestLock: (name, options, held) => locks.request(name, options, held),
    openChannel: openBroadcastChannel,
  }
}

function listenForReturn(listener: () => void): () => void {
  const onVisible = () => document.visibilityState === 'visible' && listener()
  window.addEventListener('online', listener)
  document.addEventListener('visibilitychange', onVisible)
  return () => {
    window.removeEventListener('online', listener)
    document.removeEventListener('visibilitychange', onVisible)
  }
}
