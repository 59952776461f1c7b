import type { Clock } from '#kernel/clock.ts'
import { createMemoryDisk, type MemoryDisk, openMemoryDeviceStore } from '../device-store/memory-device-store.ts'
import type { OutboxNudge } from '../outbox/outbox.ts'
import type { Surroundings } from '../surroundings.ts'
import type { RequestLock } from '../tabs/leader-election.ts'
import type { RelayMessage } from '../tabs/relay-messages.ts'
import type { FakeService } from './fake-service.ts'

/** A browser with any number of tabs: one storage, one set of locks, one set of channels. */
export interface FakeBrowser {
  /** What a new tab finds around it. */
  openTab(): Surroundings & FakeTab
}

export interface FakeTab {
  /** It ends without a word: its locks are free, its channels silent. */
  crash(): void
  /** It holds its locks and says nothing, as a frozen page does. */
  freeze(): void
  thaw(): void
  returnToPage(): void
  leavePage(): void
}

export function createFakeBrowser(service: Pick<FakeService, 'openSocket'>, clock: Clock): FakeBrowser {
  const storage = new Map<string, string>()
  const locks = createFakeLocks()
  const disks = new Map<string, MemoryDisk>()
  const relayChannels = createFakeChannels<RelayMessage>()
  const nudgeChannels = createFakeChannels<OutboxNudge>()
  const noticeChannels = createFakeChannels<string>()
  let uuidCount = 0

  return {
    openTab: () => {
      let isSilent = false
      const ends: (() => void)[] = []
      const returns = new Set<() => void>()
      const leaves = new Set<() => void>()
      const requestLock: RequestLock = (name, options, held) => {
        const { done, release } = locks.request(name, options, held)
        ends.push(release)
        return done
      }
      return {
        clock,
        random: () => 0.5,
        makeUuid: () => `00000000-0000-4000-8000-${String(++uuidCount).padStart(12, '0')}`,
        openSocket: (url, events) => {
          const socket = service.openSocket(url, {
            onOpen: () => isSilent || events.onOpen(),
            onText: (text) => isSilent || events.onText(text),
            onBytes: () => undefined,
            onClose: (code, reason) => isSilent || events.onClose(code, reason),
          })
          ends.push(() => socket.close())
          return { send: (text) => isSilent || socket.send(text), close: () => socket.close() }
        },
        kept: () => ({
          getItem: (key) => storage.get(key) ?? null,
          setItem: (key, text) => void storage.set(key, text),
        }),
        askToPersist: async () => true,
        openNudges: nudgeChannels.openFrom(() => isSilent),
        openNotices: (name, hear) => {
          const { post, close } = noticeChannels.openFrom(() => isSilent)(name, hear)
          return { post: () => post('changed'), close }
        },
        tabs: { requestLock, openChannel: relayChannels.openFrom(() => isSilent) },
        url: () => 'ws://fake/vortex',
        onReturn: (listener) => {
          returns.add(listener)
          return () => returns.delete(listener)
        },
        onLeave: (listener) => {
          leaves.add(listener)
          return () => leaves.delete(listener)
        },
        openStore: (name) => {
          const disk = disks.get(name) ?? createMemoryDisk()
          disks.set(name, disk)
          const store = openMemoryDeviceStore(disk)
          ends.push(store.close)
          return store
        },
        estimateRoom: async () => ({}),
        crash: () => {
          isSilent = true
          for (const end of ends) end()
        },
        freeze: () => {
          isSilent = true
        },
        thaw: () => {
          isSilent = false
        },
        returnToPage: () => {
          for (const listener of returns) listener()
        },
        leavePage: () => {
          for (const listener of leaves) listener()
        },
      }
    },
  }
}

/** Channels by name, as far as they are used: every other end hears, a moment later. */
function createFakeChannels<T>() {
  const ends = new Set<{ name: string; hear: (said: T) => void; isSilent: () => boolean }>()
  return {
    openFrom: (isSilent: () => boolean) => (name: string, hear: (said: T) => void) => {
      const own = { name, hear, isSilent }
      ends.add(own)
      return {
        post: (said: T) => {
          if (isSilent()) return
          const copy = structuredClone(said)
          for (const other of ends) {
            if (other === own || other.name !== name) continue
            queueMicrotask(() => ends.has(other) && !other.isSilent() && other.hear(copy))
          }
        },
        close: () => void ends.delete(own),
      }
    },
  }
}

type Waiting = {
  readonly held: () => Promise<void>
  readonly resolve: () => void
  readonly reject: (why: Error) => void
}

/** Web Locks as far as they are used: a queue, abort, and steal. */
function createFakeLocks() {
  const queues = new Map<string, Waiting[]>()
  const holders = new Map<string, Waiting>()

  function grant(name: string): void {
    const next = holders.has(name) ? undefined : queues.get(name)?.shift()
    if (next === undefined) return
    holders.set(name, next)
    queueMicrotask(() => {
      if (holders.get(name) === next) void next.held().then(() => leave(name, next))
    })
  }

  function leave(name: string, waiting: Waiting): void {
    queues.set(
      name,
      (queues.get(name) ?? []).filter((one) => one !== waiting),
    )
    if (holders.get(name) === waiting) {
      holders.delete(name)
      waiting.resolve()
    }
    grant(name)
  }

  return {
    request: (name: string, options: Parameters<RequestLock>[1], held: () => Promise<void>) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const waiting: Waiting = { held, resolve, reject }
      const queue = queues.get(name) ?? []
      queues.set(name, queue)
      if ('steal' in options) {
        holders.get(name)?.reject(new Error('stolen'))
        holders.delete(name)
        queue.unshift(waiting)
      } else {
        queue.push(waiting)
        options.signal.addEventListener('abort', () => {
          if (holders.get(name) === waiting) return
          reject(new Error('aborted'))
          leave(name, waiting)
        })
      }
      grant(name)
      return { done: promise, release: () => leave(name, waiting) }
    },
  }
}
