/**
 * One hot selector, many clients: commits enter the device edge of a gateway, patches leave it. The reference is a bare
 * Bun server that publishes the very same frames. Closed loop: the next commit follows when every client has the last.
 */
import { resolve } from 'node:path'
import { Hono } from 'hono'
import type { ChangedRow } from '#event-store/change-event.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { type Position, toPosition } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import { defaultEdgeBounds } from '#observable/edge/edge-options.ts'
import { createDeviceEdge } from '#services/gateway/device-edge.ts'
import { startVortexSite } from '#services/gateway/vortex-site.ts'
import { encodeFrame } from '#vortex/protocol/frame.ts'
import { defaultLimits } from '#vortex/protocol/limits.ts'
import { median, printFigure, secondsOf, sharedNowMs } from './figure.ts'

const rowCount = 20
/** The edge sends at most one frame in this time; the first after a quiet time goes at once. */
const batchMs = defaultEdgeBounds.flushMs
const rounds = 3
const feed = 'bench.counters'
const incarnation = newUuid()

type Publisher = {
  readonly url: string
  readonly kind: 'edge' | 'bare'
  publish(rows: readonly ChangedRow[]): void
  stop(): Promise<void>
}
type Result = { readonly deliveriesPerSecond: number; readonly p99Ms: number }

function startEdge(): Publisher {
  let count = 0n
  const at = (): Position => toPosition(count, count)
  const meta = () => ({
    feed,
    table: 'rows',
    incarnation,
    version: 1,
    position: at(),
    fields: ['id', 'group', 'count'],
    keyedBy: ['id'],
    orderBy: [],
    selectorFields: [],
    access: 'everyone' as const,
  })
  const edge = createDeviceEdge({
    service: { name: 'field', instance: newUuid(), build: 'bench' },
    limits: { ...defaultLimits, sessionsPerAddressMax: 100_000 },
    upstream: {
      act: async () => ({ outcome: 'failed', kind: 'unavailable', words: 'not here' }),
      snapshot: async () => ({ meta: meta(), rows: [] }),
      call: () => Promise.reject(new Error('no calls here')),
      effects: async () => '{"effects":[]}',
      looked: async () => ({ looked: 'not-yet' }),
      state: () => ({ online: true, words: '' }),
      onState: () => () => undefined,
    },
    admit: async (hello) => ({ principal: { user: 'guest', device: hello.device, service: 'field', roles: [] } }),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })
  const root = new Hono()
  edge.vortex.mount(root)
  const site = startVortexSite({ host: '127.0.0.1', port: 0, key: 'port', site: root, vortex: edge.vortex })
  return {
    kind: 'edge',
    url: `ws://127.0.0.1:${site.port}/vortex`,
    publish: (rows) => {
      const from = at()
      count++
      edge.observables.take(feed, {
        kind: 'changed',
        incarnation,
        version: 1,
        from,
        to: at(),
        part: 0,
        parts: 1,
        tables: { rows },
      })
    },
    stop: async () => {
      await edge.stop()
      await site.stop()
    },
  }
}

/** The same frame text with the same batching, published by nothing but Bun. */
function startBare(): Publisher {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, bunServer) =>
      bunServer.upgrade(request, { data: undefined }) ? undefined : new Response('no', { status: 400 }),
    websocket: { perMessageDeflate: false, open: (ws) => void ws.subscribe('hot'), message: () => undefined },
  })
  let count = 0
  let publishedAt = Number.NEGATIVE_INFINITY
  return {
    kind: 'bare',
    url: `ws://127.0.0.1:${server.port}`,
    publish: (rows) => {
      const position = String(++count).padStart(20, '0')
      const patch = {
        sel: 1,
        token: `${incarnation}/1/${position}`,
        position,
        set: rows.map((row) => row.a),
        del: [],
        acts: [],
      }
      const text = encodeFrame({ k: 'patch' }, `[${JSON.stringify(patch)}]`)
      const waitMs = Math.max(0, publishedAt + batchMs - performance.now())
      const send = (): void => {
        publishedAt = performance.now()
        server.publish('hot', text)
      }
      if (waitMs === 0) send()
      else systemClock.after(waitMs, send)
    },
    stop: () => server.stop(true),
  }
}

/** Each commit changes every row; the first carries the moment it was made. */
const ids = Array.from({ length: rowCount }, newUuid)
const rowsOf = (sequence: number): ChangedRow[] =>
  ids.map((id) => ({ k: id, a: { id, group: String(sharedNowMs()), count: sequence }, b: {} }))

async function measure(publisher: Publisher, clientCount: number, seconds: number): Promise<Result> {
  const received = { resolve: (_message: ClientMessage): void => undefined }
  const nextMessage = (): Promise<ClientMessage> =>
    new Promise((resolveNext) => Object.assign(received, { resolve: resolveNext }))
  const script = resolve(import.meta.dir, 'fan-out-clients.ts')
  const connected = nextMessage()
  const clients = Bun.spawn([process.execPath, script, publisher.kind, publisher.url, String(clientCount)], {
    stdout: 'inherit',
    stderr: 'inherit',
    ipc: (message: ClientMessage) => received.resolve(message),
  })
  await connected
  const p99s: number[] = []
  const startedAt = sharedNowMs()
  let sequence = 0
  while (sharedNowMs() - startedAt < seconds * 1_000) {
    const done = nextMessage()
    publisher.publish(rowsOf(++sequence))
    p99s.push((await done).p99Ms)
  }
  const elapsedSeconds = (sharedNowMs() - startedAt) / 1_000
  clients.kill()
  await clients.exited
  return { deliveriesPerSecond: (sequence * clientCount) / elapsedSeconds, p99Ms: median(p99s) }
}

export type ClientMessage = { readonly event: 'connected' | 'delivered'; readonly p99Ms: number }

const seconds = secondsOf(Bun.argv, 4)
for (const clientCount of [1_000, 5_000]) {
  const results: { edge: Result[]; bare: Result[] } = { edge: [], bare: [] }
  for (let round = 0; round < rounds; round++)
    for (const publisher of [startEdge(), startBare()]) {
      results[publisher.kind].push(await measure(publisher, clientCount, seconds))
      await publisher.stop()
    }
  const middle = (kind: 'edge' | 'bare', pick: (result: Result) => number): number => median(results[kind].map(pick))
  const base = { bench: 'fan-out', referenceName: 'bare Bun publish' }
  const rate = (result: Result): number => result.deliveriesPerSecond
  const p99 = (result: Result): number => result.p99Ms
  printFigure({
    ...base,
    metric: `deliveries_per_second_${clientCount}_clients`,
    unit: '1/s',
    value: middle('edge', rate),
    reference: middle('bare', rate),
  })
  printFigure({
    ...base,
    metric: `p99_ms_${clientCount}_clients`,
    unit: 'ms',
    value: middle('edge', p99),
    reference: middle('bare', p99),
  })
}
process.exit(0)
