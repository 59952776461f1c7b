import { gunzipSync } from 'node:zlib'
import type { Random } from '#kernel/random.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import type { OpenSocket } from '#vortex/client/socket-like.ts'
import type { ConnectionState } from '#vortex/client/vortex-client.ts'
import { type Row, rowKey } from '#vortex/protocol/row.ts'
import { createRowCache, type RowCache } from '#web/sdk/cache/row-cache.ts'
import type { DeviceStore } from '#web/sdk/device-store/device-store.ts'
import { createMemoryDisk } from '#web/sdk/device-store/memory-device-store.ts'
import type { PageClient } from '#web/sdk/outbox/open-outbox.ts'
import type { Outbox } from '#web/sdk/outbox/outbox.ts'
import type { Surroundings } from '#web/sdk/surroundings.ts'
import type { OpenTabChannel } from '#web/sdk/tabs/relay-messages.ts'
import { makeSharedClient } from '#web/sdk/tabs/shared-client.ts'
import { createFakeBrowser } from '#web/sdk/testing/fake-browser.ts'
import { Note, observableName } from './crew.ts'
import { createRigDisk, type RigDisk } from './rig-disk.ts'
import { createMachineClock, type MachineClock, type ProcessClock, type VirtualTime } from './virtual-time.ts'

/** A device in somebody's hand: its disk stays, its tabs come and go. */
export interface RigDevice {
  readonly id: string
  readonly machine: MachineClock
  readonly disk: RigDisk
  /** Those that live, the oldest first. */
  readonly tabs: readonly RigTab[]
  /** Of the app that the next tab runs. */
  version: 1 | 2
  readonly sites: readonly string[]
  openTab(): RigTab
}

/** One page: the sdk as a page has it, without a screen. */
export interface RigTab {
  readonly name: string
  readonly version: 1 | 2
  readonly process: ProcessClock
  readonly outbox: Outbox
  /** What its screen shows of each site. */
  readonly shown: ReadonlyMap<string, ReadonlyMap<string, Row>>
  state(): ConnectionState
  /** Somebody comes back to it, or signs in anew. */
  returnTo(): void
  /** Ends without a word. */
  kill(): void
  close(): void
}

/** Builds the engine of a tab upon its store and its connection: the planted bugs build another. */
export type OpenOutbox = (place: OutboxPlace) => Outbox
export type OutboxPlace = {
  readonly store: DeviceStore
  readonly client: PageClient
  readonly surroundings: Surroundings
  readonly build: string
}
/** A channel between the tabs of one browser, for any kind of message. */
type OpenBus = <M>(name: string, hear: (message: M) => void) => { post(message: M): void; close(): void }

export function createRigDevice(options: {
  id: string
  time: VirtualTime
  random: Random
  makeUuid: () => string
  clockOffsetMs: number
  version: 1 | 2
  sites: readonly string[]
  openSocket: OpenSocket
  openOutbox: OpenOutbox
}): RigDevice {
  const { id, time, random, makeUuid, sites } = options
  const machine = createMachineClock(time, options.clockOffsetMs)
  const disk = createRigDisk({ disk: createMemoryDisk(), machine, random })
  const browser = createFakeBrowser({ openSocket: options.openSocket }, machine)
  const buses = new Set<{ name: string; process: ProcessClock; hear: (message: unknown) => void }>()
  const tabs: RigTab[] = []
  let count = 0

  const device: RigDevice = {
    id,
    machine,
    disk,
    tabs,
    version: options.version,
    sites,
    openTab: () => {
      const tab = openTab(`${id}.${++count}`)
      tabs.push(tab)
      return tab
    },
  }
  return device

  function openTab(name: string): RigTab {
    const process = machine.ofProcess()
    const fake = browser.openTab()
    const { version } = device
    const openBus: OpenBus = (busName, hear) => openBusOn({ name: busName, process, hear })
    const openChannel: OpenTabChannel = (channelName, hear) => openBus(channelName, hear)
    const locks = fake.tabs?.requestLock
    if (!locks) throw new Error('the fake browser has locks')
    const requestLock: typeof locks = (lockName, how, held) => {
      const outcome = Promise.withResolvers<unknown>()
      locks(lockName, how, () => {
        const holding = Promise.withResolvers<void>()
        process.run(() => void held().then(holding.resolve))
        return holding.promise
      }).then(
        (value) => process.run(() => outcome.resolve(value)),
        (error: unknown) => process.run(() => outcome.reject(error)),
      )
      return outcome.promise
    }
    const openSocket: OpenSocket = (url, events) => {
      const socket = options.openSocket(url, {
        onOpen: () => process.run(events.onOpen),
        onText: (text) => process.run(() => events.onText(text)),
        onBytes: (bytes) => process.run(() => events.onBytes(bytes)),
        onClose: (code, reason) => process.run(() => events.onClose(code, reason)),
      })
      ends.push(() => socket.close())
      return socket
    }
    const ends: (() => void)[] = []
    const tabId = makeUuid()
    const client = makeSharedClient({
      name: `peek.field.${id}`,
      tab: tabId,
      clock: process,
      requestLock,
      openChannel,
      batch: (work) => work(),
      makeDirectClient: (batch) =>
        makeVortexClient({
          url: 'ws://field',
          hello: { role: 'device', name: 'field', device: id, instance: tabId, build: `app-${version}` },
          clock: process,
          random,
          openSocket,
          batch,
          gunzip: (bytes) => gunzipSync(bytes).toString('utf8'),
        }),
    })
    const store = disk.open(process)
    const surroundings: Surroundings = {
      ...fake,
      clock: process,
      random,
      makeUuid,
      openSocket,
      openNudges: openBus,
      tabs: { requestLock, openChannel },
      openStore: () => store,
    }
    const outbox = options.openOutbox({ store, client, surroundings, build: `app-${version}` })
    const cache = createRowCache({ client, clock: process, store: store.cache, facts: store.facts, page: tabId })
    const shown = new Map(sites.map((site) => [site, showSite(cache, site)]))
    const leave = (): void => {
      tabs.splice(tabs.indexOf(tab), 1)
      for (const bus of [...buses]) if (bus.process === process) buses.delete(bus)
      fake.crash()
    }
    const tab: RigTab = {
      name,
      version,
      process,
      outbox,
      shown,
      state: client.state,
      returnTo: () => process.run(client.retryNow),
      kill: () => {
        if (process.isDead) return
        process.die()
        leave()
        for (const end of ends) end()
      },
      close: () => {
        if (process.isDead) return
        outbox.close()
        cache.close()
        client.close()
        store.close()
        process.die()
        leave()
      },
    }
    return tab
  }

  function openBusOn<M>({ name, process, hear }: { name: string; process: ProcessClock; hear: (message: M) => void }) {
    const own = { name, process, hear: (message: unknown) => hear(message as M) }
    buses.add(own)
    return {
      post: (message: M): void => {
        if (process.isDead) return
        const copy = structuredClone(message)
        for (const other of buses) {
          if (other === own || other.name !== name) continue
          // Order between two tabs is kept, as a channel of the browser keeps it.
          time.after(1, () => buses.has(other) && other.process.run(() => other.hear(copy)))
        }
      },
      close: () => void buses.delete(own),
    }
  }
}

/** The rows of one site as a screen shows them, those that the device has kept first. */
function showSite(cache: RowCache, site: string): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>()
  const replace = (state: { readonly rows: readonly Row[]; readonly keyedBy: readonly string[] }): void => {
    rows.clear()
    for (const row of state.rows) rows.set(rowKey(row, state.keyedBy), row)
  }
  cache.observe(
    { name: observableName, selector: { site }, fields: Note.fields },
    {
      kept: replace,
      rows: replace,
      patch: ({ set, del }) => {
        for (const row of set) rows.set(rowKey(row, ['id']), row)
        for (const key of del) rows.delete(key)
      },
      resumed: () => undefined,
      trouble: () => undefined,
    },
    true,
  )
  return rows
}
