import type { FakeClock } from '#kernel/clock.ts'
import type { Surroundings } from '../surroundings.ts'
import type { RequestLock } from '../tabs/leader-election.ts'
import type { OpenTabChannel, RelayMessage } from '../tabs/relay-messages.ts'
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
}

export function createFakeBrowser(service: FakeService, clock: FakeClock): FakeBrowser {
  const storage = new Map<string, string>()
  const locks = createFakeLocks()
  const channels = new Set<{ name: string; hear: (message: RelayMessage) => void; isSilent: () => boolean }>()
  let uuidCount = 0

  return {
    openTab: () => {
      let isSilent = false
      const ends: (() => void)[] = []
      const returns = new Set<() => void>()
      const openChannel: OpenTabChannel = (name, hear) => {
        const own = { name, hear, isSilent: () => isSilent }
        channels.add(own)
        return {
          post: (message) => {
            if (isSilent) return
            const copy = structuredClone(message)
            for (const other of channels) {
              if (other === own || other.name !== name) continue
              queueMicrotask(() => channels.has(other) && !other.isSilent() && other.hear(copy))
            }
          },
          close: () => channels.delete(own),
        }
      }
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
        tabs: { requestLock, openChannel },
        url: () => 'ws://fake/vortex',
        onReturn: (listener) => {
          returns.add(listener)
          return () => returns.delete(listener)
        },
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
