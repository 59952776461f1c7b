import { gunzipSync } from 'node:zlib'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import { followChanges } from '#services/gateway/change-follower.ts'
import { createDeviceEdge } from '#services/gateway/device-edge.ts'
import { createLinkUpstream } from '#services/gateway/link-upstream.ts'
import type { MemoryEventStore } from '#testing'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import type { OpenSocket } from '#vortex/client/socket-like.ts'
import { defaultLimits } from '#vortex/protocol/limits.ts'
import { guestUser } from '#vortex/protocol/principal.ts'
import { type Listener, listenOn } from './network.ts'
import { rigSecret } from './rig-logic.ts'
import { reachStore, type StoreMood } from './rig-store.ts'
import type { MachineClock } from './virtual-time.ts'

/** One run of the field service: the real edge and the real way to logic, put together as the gateway does it. */
export interface RigField {
  readonly listener: Listener
  /** Ends the sessions of a device whose login is over. */
  signOut(device: string): void
  kill(isSilent: boolean): void
}

export function startRigField(options: {
  instance: string
  store: MemoryEventStore
  mood: StoreMood
  machine: MachineClock
  openSocket: OpenSocket
  isSignedIn: (device: string) => boolean
  random: Random
  log: Log
}): RigField {
  const { instance, machine, random, log } = options
  const clock = machine.ofProcess()
  const store = reachStore({ ...options, clock, after: (ms, work) => void machine.after(ms, work) })
  const link = makeVortexClient({
    url: 'ws://logic',
    hello: { role: 'service', name: 'field', device: instance, instance, build: 'rig', secret: rigSecret },
    clock,
    random,
    log,
    openSocket: options.openSocket,
    gunzip: (bytes) => gunzipSync(bytes).toString('utf8'),
    queuedCountMax: 50_000,
    inFlightCountMax: 10_000,
  })
  const upstream = createLinkUpstream(link)
  let isFollowing = false
  const edge = createDeviceEdge({
    service: { name: 'field', instance, build: 'rig' },
    // Less than the app believes: what is too large for it is found out by the server.
    limits: { ...defaultLimits, frameSizeBytesMax: 32 * 1024 },
    upstream: {
      ...upstream,
      call: () => Promise.reject(new PlatformError('not-found', 'The rig has no calls.')),
      snapshot: async (...question) => {
        if (isFollowing) return upstream.snapshot(...question)
        throw new PlatformError('unavailable', 'The event store is being reached.')
      },
    },
    admit: async ({ device }) =>
      options.isSignedIn(device)
        ? { principal: { user: guestUser, device, service: 'field', roles: [] } }
        : { error: signedOut },
    clock,
    random,
    log,
  })
  const follower = followChanges({
    store: followedLate(store, (work) => void clock.after(1 + random() * 30, work)),
    take: (feed, change) => clock.isDead || edge.take(feed, change),
    resync: edge.resyncAll,
    clock,
    random,
    log,
  })
  void follower.ready.then(() => {
    if (clock.isDead) return
    isFollowing = true
    edge.follows()
  })
  const listener = listenOn(edge.vortex)

  return {
    listener,
    signOut: (device) => {
      for (const session of [...edge.vortex.sessions()]) if (session.hello.device === device) session.close(signedOut)
    },
    kill: (isSilent) => {
      clock.die()
      void follower.stop()
      listener.die(isSilent)
      link.close()
    },
  }
}

const signedOut = { kind: 'forbidden', words: 'The login is over: sign in again.' } as const

/** What is announced takes its time to arrive. */
function followedLate<S extends Pick<MemoryEventStore, 'follow'>>(store: S, later: (work: () => void) => void): S {
  return {
    ...store,
    follow: (options) =>
      store.follow({
        ...options,
        onBatch: async (events, upTo) => {
          await new Promise<void>((resolve) => later(resolve))
          await options.onBatch(events, upTo)
        },
      }),
  }
}
