import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import { createSeededRandom } from '#kernel/random.ts'
import type { Row, Selector } from '#vortex/protocol/row.ts'
import type { Snapshot, SnapshotMeta } from '#vortex/protocol/snapshot.ts'
import type { EdgeBounds } from '../edge-options.ts'
import { createObservableEdge, type ObservableEdge } from '../observable-edge.ts'
import { createFakeDevice, type FakeDevice } from './fake-device.ts'
import { at } from './model-projection.ts'

/** One role server with its devices and a source whose answers the test gives, for laws that are told as a story. */
export interface EdgeWorld {
  readonly edge: ObservableEdge
  readonly clock: FakeClock
  /** Frames published so far. */
  readonly published: { readonly topic: string; readonly body: string }[]
  /** Snapshots asked for and not answered yet. */
  readonly asked: AskedSnapshot[]
  device(name: string, roles?: readonly string[]): FakeDevice
  observe(device: FakeDevice, obs: number, name: string, selector?: Selector, token?: string): void
  /** Answers the oldest question, and lets what follows from it happen. */
  answer(snapshot: Snapshot): Promise<void>
  fail(error: unknown): Promise<void>
  /** Lets everything happen that needs no time. */
  calm(): Promise<void>
}

export type AskedSnapshot = {
  readonly name: string
  readonly selector: Selector
  readonly by: string
  resolve(snapshot: Snapshot): void
  reject(error: unknown): void
}

export function createEdgeWorld(bounds: Partial<EdgeBounds> = {}): EdgeWorld {
  const clock = createFakeClock(1_000)
  const devices: FakeDevice[] = []
  const published: { topic: string; body: string }[] = []
  const asked: AskedSnapshot[] = []
  const edge = createObservableEdge({
    load: (name, selector, by) =>
      new Promise((resolve, reject) => asked.push({ name, selector, by: by.user, resolve, reject })),
    toWireError: (error) =>
      isPlatformError(error, 'forbidden') || isPlatformError(error, 'not-found')
        ? { kind: error.kind as 'forbidden' | 'not-found', words: error.message }
        : { kind: 'unavailable', words: 'not now' },
    publish: (topic, head, body) => {
      published.push({ topic, body })
      for (const device of devices) if (device.topics.has(topic)) device.hear(head, body)
    },
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    bounds,
  })
  const calm = async (): Promise<void> => {
    for (let i = 0; i < 8; i++) await Promise.resolve()
  }
  return {
    edge,
    clock,
    published,
    asked,
    calm,
    device: (name, roles = []) => {
      const device = createFakeDevice({ name, roles })
      devices.push(device)
      return device
    },
    observe: (device, obs, name, selector = {}, token) =>
      edge.observe(device.watcher(), device.observe(obs, name, selector, token)),
    answer: (snapshot) => {
      asked.shift()?.resolve(snapshot)
      return calm()
    },
    fail: (error) => {
      asked.shift()?.reject(error)
      return calm()
    },
  }
}

export const life = { incarnation: 'one', version: 1 } as const

export function snapshotAt(place: number, rows: readonly Row[], meta: Partial<SnapshotMeta> = {}): Snapshot {
  return {
    meta: {
      feed: 'p.tasks',
      table: 'rows',
      ...life,
      position: at(place),
      fields: ['id', 'team', 'state', 'n'],
      keyedBy: ['id'],
      orderBy: ['n'],
      selectorFields: ['team'],
      access: 'everyone',
      ...meta,
    },
    rows,
  }
}
