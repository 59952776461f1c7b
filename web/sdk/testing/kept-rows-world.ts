import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import { text } from '#vortex/protocol/fields.ts'
import type { Row, Selector } from '#vortex/protocol/row.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { createRowCache } from '../cache/row-cache.ts'
import type { CacheStore } from '../device-store/device-store.ts'
import { createMemoryDisk, openMemoryDeviceStore } from '../device-store/memory-device-store.ts'
import { createFakeService } from './fake-service.ts'
import { settle } from './settle.ts'

export const Word = defineTuple('tutorial.Word', { id: text(), word: text() }, { keep: true })

type Heard = unknown[]
type PageTroubles = { readonly beforeRead?: () => Promise<void> } & Partial<
  Pick<CacheStore, 'takeOver' | 'remove' | 'readHead'>
>

/** Pages on one device that keep rows, a service that tests speak for, and a clock they set. */
export function createKeptRowsWorld() {
  const clock: FakeClock = createFakeClock(0)
  const service = createFakeService()
  const disk = createMemoryDisk()
  let pageCount = 0

  function openPage({ beforeRead = async () => undefined, ...troubles }: PageTroubles = {}) {
    const own = openMemoryDeviceStore(disk)
    const read: CacheStore['read'] = async (...asked) => {
      const found = await own.cache.read(...asked)
      await beforeRead()
      return found
    }
    const store = { ...own, cache: { ...own.cache, read, ...troubles } }
    const page = `page ${++pageCount}`
    let isKilled = false
    const client = makeVortexClient({
      url: 'ws://fake',
      hello: { role: 'device', name: 'field', device: id, instance: id, build: 'b' },
      clock: { ...clock, after: (delayMs, work) => clock.after(delayMs, () => isKilled || work()) },
      random: () => 1,
      openSocket: service.openSocket,
    })
    const ownClock = {
      ...clock,
      after: (delayMs: number, work: () => void) => clock.after(delayMs, () => isKilled || work()),
    }
    const cache = createRowCache({ client, clock: ownClock, store: store.cache, facts: store.facts, page })
    const watchClosing = (definition = Word, selector: Selector = {}, forRows = true) => {
      const heard: Heard = []
      const byId = (rows: readonly Row[]) => [...rows].sort((x, y) => (String(x.id) < String(y.id) ? -1 : 1))
      const stop = cache.observe(
        { name: definition.name, selector, fields: definition.fields },
        {
          kept: ({ rows, asOf }) => heard.push({ kept: byId(rows), asOf }),
          rows: ({ rows }) => heard.push({ rows: byId(rows) }),
          patch: ({ set, del }) => heard.push({ patch: [...set.map((row) => row.id), ...del] }),
          resumed: () => heard.push('resumed'),
          trouble: ({ kind }) => heard.push({ kind }),
        },
        forRows,
      )
      return { heard, stop }
    }
    return {
      client,
      cache,
      watchClosing,
      watch: (...args: Parameters<typeof watchClosing>) => watchClosing(...args).heard,
      close: () => {
        cache.close()
        client.close()
      },
      kill: () => {
        isKilled = true
        store.close()
        client.close()
      },
    }
  }
  /** Time goes by with a server that is heard of all the while. */
  async function pass(lengthMs: number): Promise<void> {
    for (let left = lengthMs; left > 0; left -= 10_000) {
      service.say({ k: 'beat' })
      clock.advance(Math.min(left, 10_000))
      await settle()
    }
  }
  return { clock, service, disk, openPage, pass }
}

const id = '6f9619ff-8b86-4011-b42d-00cf4fc964ff'
