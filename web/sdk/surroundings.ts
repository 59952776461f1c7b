import { type Clock, systemClock } from '#kernel/clock.ts'
import { type Random, systemRandom } from '#kernel/random.ts'
import { type OpenSocket, openWebSocket } from '#vortex/client/socket-like.ts'
import type { KeptTexts } from './device-id.ts'
import type { DeviceStore } from './device-store/device-store.ts'
import { createLateStore } from './device-store/late-store.ts'
import { createMemoryDeviceStore } from './device-store/memory-device-store.ts'
import { openDeviceStore } from './device-store/open-device-store.ts'
import { type OpenNudgeChannel, openNudgeBroadcast } from './outbox/nudge-channel.ts'
import type { RequestLock } from './tabs/leader-election.ts'
import { type OpenNoticeChannel, openNoticeBroadcast } from './tabs/notice-channel.ts'
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
  /** Asks the browser not to take it away when room is short. */
  readonly askToPersist: () => Promise<boolean>
  /** To the other pages of this browser. */
  readonly openNudges: OpenNudgeChannel
  readonly openNotices: OpenNoticeChannel
  /** Absent on insecure origins: then every tab has a connection of its own. */
  readonly tabs: { readonly requestLock: RequestLock; readonly openChannel: OpenTabChannel } | undefined
  /** The address of the service this page came from. */
  readonly url: () => string
  /** Calls when a person comes back to the page, or the machine to the network. */
  readonly onReturn: (listener: () => void) => () => void
  /** Calls when the page may be gone in a moment. */
  readonly onLeave: (listener: () => void) => () => void
  /** What the device keeps under a name; what is asked of it waits until it is open. */
  readonly openStore: (name: string) => DeviceStore
  /** Bytes that are kept here and that there is room for, as far as the browser says so. */
  readonly estimateRoom: () => Promise<StorageEstimate>
}

export function browserSurroundings(): Surroundings {
  return {
    clock: systemClock,
    random: systemRandom,
    makeUuid: () => makeUuid(),
    openSocket: openWebSocket,
    kept: () => globalThis.localStorage,
    askToPersist,
    openNudges: openNudgeBroadcast,
    openNotices: openNoticeBroadcast,
    tabs: findTabs(),
    url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/vortex`,
    onReturn: listenForReturn,
    onLeave: listenForLeave,
    openStore: (name) => createLateStore(() => openDeviceStore(name), createMemoryDeviceStore),
    estimateRoom,
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

async function askToPersist(): Promise<boolean> {
  // Typed as always there, but browsers withhold it from pages over plain http.
  const storage: StorageManager | undefined = navigator.storage
  return storage?.persist ? storage.persist() : false
}

async function estimateRoom(): Promise<StorageEstimate> {
  const storage: StorageManager | undefined = navigator.storage
  return storage?.estimate ? storage.estimate() : {}
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

/** A page that is hidden may never hear anything again. */
function listenForLeave(listener: () => void): () => void {
  const onHidden = () => document.visibilityState === 'hidden' && listener()
  window.addEventListener('pagehide', listener)
  document.addEventListener('visibilitychange', onHidden)
  return () => {
    window.removeEventListener('pagehide', listener)
    document.removeEventListener('visibilitychange', onHidden)
  }
}
