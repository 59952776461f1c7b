/**
 * From a tap to the patch applied on somebody else's screen: 200 actions a second on 1,000 rows, 500 connected clients,
 * each watching one of 50 selectors; then all watching the same one. The reference is a bare Bun server that publishes
 * each tap to the same watchers, with nothing stored.
 */

import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { systemRandom } from '#kernel/random.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import { startBenchPlatform } from './bench-platform.ts'
import { percentile, printFigure, secondsOf } from './figure.ts'

const clientCount = 500
const groupCount = 50
const counterCount = 1_000
const actionsPerSecond = 200
const seconds = secondsOf(Bun.argv, 10)

type Tap = { readonly id: string; readonly group: number; readonly counter: number }
/** Sends a tap for a client; the watchers call `seen` with the ids they are shown. */
type Wiring = { tap(client: number, tap: Tap): void; close(): void }

/** Sends taps at an even pace, and gives the time from each tap to each of its showings at another client. */
async function run(connect: (seen: (client: number, id: string) => void) => Promise<Wiring>): Promise<number[]> {
  const tappedAt = new Map<string, { at: number; by: number }>()
  const latencies: number[] = []
  let lastSeenAt = performance.now()
  const wiring = await connect((client, id) => {
    const tap = tappedAt.get(id)
    if (!tap || tap.by === client) return
    lastSeenAt = performance.now()
    latencies.push(lastSeenAt - tap.at)
  })
  const startedAt = performance.now()
  const tapCount = seconds * actionsPerSecond
  for (let index = 0; index < tapCount; index++) {
    const dueAt = startedAt + (index * 1_000) / actionsPerSecond
    if (dueAt > performance.now()) await Bun.sleep(dueAt - performance.now())
    const counter = (index * 7) % counterCount
    const by = (index * 13) % clientCount
    const tap = { id: newUuid(), counter, group: counter % groupCount }
    tappedAt.set(tap.id, { at: performance.now(), by })
    wiring.tap(by, tap)
  }
  while (performance.now() - lastSeenAt < 1_000) await Bun.sleep(50)
  wiring.close()
  return latencies
}

const platformWiring =
  (url: string, counters: readonly string[], selectorOf: (client: number) => Selector) =>
  async (seen: (client: number, id: string) => void): Promise<Wiring> => {
    const shown: Promise<void>[] = []
    const clients = Array.from({ length: clientCount }, (_, index) => {
      const client = makeVortexClient({
        url: `${url.replace('http', 'ws')}/vortex`,
        hello: { role: 'device', name: 'field', device: newUuid(), instance: newUuid(), build: 'bench' },
        clock: systemClock,
        random: systemRandom,
      })
      const { promise, resolve } = Promise.withResolvers<void>()
      shown.push(promise)
      client.observe('bench.Counter', selectorOf(index), {
        rows: () => resolve(),
        patch: (patch) => {
          for (const id of patch.acts) seen(index, id)
        },
        resumed: () => undefined,
        trouble: () => undefined,
      })
      return client
    })
    await Promise.all(shown)
    return {
      tap: (client, { id, counter }) => {
        const body = JSON.stringify({ counterId: counters[counter], by: 1 })
        void clients[client]?.act({ id, name: 'bench.BumpCounter', version: 1, at: Date.now() }, body)
      },
      close: () => {
        for (const client of clients) client.close()
      },
    }
  }

/** Each client hears its group's topic; a tap is published as it comes. */
const bareWiring =
  (url: string, topicOf: (group: number) => string, topicOfClient: (client: number) => string) =>
  async (seen: (client: number, id: string) => void): Promise<Wiring> => {
    const sockets = await Promise.all(
      Array.from({ length: clientCount }, (_, index) => {
        const socket = new WebSocket(`${url}/${topicOfClient(index)}`)
        socket.onmessage = ({ data }) => seen(index, JSON.parse(String(data)).id)
        return new Promise<WebSocket>((resolve) => {
          socket.onopen = () => resolve(socket)
        })
      }),
    )
    return {
      tap: (client, { id, counter, group }) =>
        sockets[client]?.send(JSON.stringify({ topic: topicOf(group), id, counter, by: 1 })),
      close: () => {
        for (const socket of sockets) socket.close()
      },
    }
  }

const bare = Bun.spawn([process.execPath, `${import.meta.dir}/bare-publish.ts`], { stdout: 'pipe', stderr: 'inherit' })
const { value } = await bare.stdout.getReader().read()
const bareUrl = new TextDecoder().decode(value).trim()

await using platform = await startBenchPlatform()
const counters = await platform.addCounters(counterCount, groupCount)
const url = platform.url('office')
const scenes = [
  {
    name: '50_selectors',
    selectorOf: (client: number): Selector => ({ group: `g${client % groupCount}` }),
    topicOf: (group: number) => `g${group}`,
    topicOfClient: (client: number) => `g${client % groupCount}`,
  },
  { name: 'one_selector', selectorOf: (): Selector => ({}), topicOf: () => 'all', topicOfClient: () => 'all' },
]
for (const { name, selectorOf, topicOf, topicOfClient } of scenes) {
  const reference = await run(bareWiring(bareUrl, topicOf, topicOfClient))
  const value = await run(platformWiring(url, counters, selectorOf))
  const expected = seconds * actionsPerSecond * (name === 'one_selector' ? clientCount - 1 : clientCount / groupCount)
  const base = { bench: 'action-to-screen', unit: 'ms', referenceName: 'bare Bun publish of each tap' }
  printFigure({
    ...base,
    metric: `p50_ms_${name}`,
    value: percentile(value, 0.5),
    reference: percentile(reference, 0.5),
  })
  printFigure({
    ...base,
    metric: `p99_ms_${name}`,
    value: percentile(value, 0.99),
    reference: percentile(reference, 0.99),
  })
  printFigure({
    ...base,
    metric: `showings_${name}`,
    unit: 'count',
    value: value.length,
    reference: expected,
    referenceName: 'every tap at every other watcher, about',
  })
}
bare.kill()
