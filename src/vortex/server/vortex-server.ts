import type { Server, ServerWebSocket, WebSocketHandler } from 'bun'
import type { Hono } from 'hono'
import { type BunWebSocketData, getConnInfo, websocket as honoWebsocket, upgradeWebSocket } from 'hono/bun'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { type Random, systemRandom } from '#kernel/random.ts'
import type { DownHead } from '../protocol/down.ts'
import { encodeFrame } from '../protocol/frame.ts'
import type { Limits } from '../protocol/limits.ts'
import type { WireError } from '../protocol/wire-error.ts'
import { createAddressCount } from './address-count.ts'
import { isSameHost } from './allowed-origin.ts'
import { fromBunSocket } from './bun-socket.ts'
import { type Connection, type ConnectionContext, openConnection } from './connection.ts'
import { createFramePacker } from './frame-packer.ts'
import { createRequestGate } from './request-gate.ts'
import { socketFrameSizeBytesMax } from './role-limits.ts'
import { createServerStats, type VortexServerStats } from './server-stats.ts'
import type { Socket } from './socket.ts'
import type { Admit, Session, VortexHandler } from './vortex-handler.ts'

export type VortexServerOptions = {
  readonly service: { readonly name: string; readonly instance: string; readonly build: string }
  readonly limits: Limits
  readonly log: Log
  readonly clock: Clock
  readonly random?: Random
  /** Runs work when this turn of the event loop is over; whoever keeps the time of a test keeps the turns too. */
  readonly soon?: (work: () => void) => void
  /** Which web pages may open a websocket here; by default those of the same host, and callers that are not pages. */
  readonly allowedOrigin?: (origin: string | null, host: string | null) => boolean
  readonly admit: Admit
  readonly handler: VortexHandler
}

/**
 * The end of vortex that is dialled.
 *
 * Promises: the laws V1 to V5 for every connection; what is published and what is sent to a session arrive in one order.
 * Asks: `mount` before serving, `websocket` in Bun.serve, `attach` with the server that came of it.
 */
export interface VortexServer {
  mount(app: Hono, path?: string): void
  readonly websocket: WebSocketHandler<BunWebSocketData>
  attach(server: Pick<Server<BunWebSocketData>, 'publish'>): void
  /** Takes a socket that did not come through `mount`: for whoever connects both ends in one process. */
  accept(socket: Socket, remote: { readonly address: string; readonly cookie: string | null }): Connection
  sessions(): Iterable<Session>
  /** Sends an encoded frame to every session that joined the topic; compressed once, written once a tick. */
  publish(topic: string, text: string): void
  broadcast(head: DownHead): void
  /** Takes nobody new, waits a little for answers under way, then says bye to all (S2). */
  drain(): Promise<void>
  close(): void
  stats(): Readonly<VortexServerStats> & { readonly requestsInFlight: number }
}

const everybody = 'peek.everybody'
/** Callers come back spread over this long, so that a restart is not met by all at once. */
const retrySpreadMs = 2_000
/** How long a stop waits for answers under way. */
const drainTimeoutMs = 5_000
const goodbye: WireError = { kind: 'unavailable', words: 'The service is stopping; it will be back.' }
const tooManyHere: WireError = { kind: 'too-many', words: 'Too many connections come from this address.' }

export function createVortexServer(options: VortexServerOptions): VortexServer {
  const { limits, log } = options
  const random = options.random ?? systemRandom
  const allowedOrigin = options.allowedOrigin ?? isSameHost
  const pack = createFramePacker()
  const stats = createServerStats()
  const gate = createRequestGate(options.clock)
  const addresses = createAddressCount(limits.sessionsPerAddressMax)
  const connections = new Set<Connection>()
  const connectionOf = new WeakMap<object, Connection>()
  const sessions = new Set<Session>()
  let server: Pick<Server<BunWebSocketData>, 'publish'> | undefined
  let isDraining = false

  const context: Omit<ConnectionContext, 'onEnd'> = {
    service: options.service,
    limits,
    clock: options.clock,
    log,
    admit: options.admit,
    handler: options.handler,
    pack,
    gate,
    stats,
    soon: options.soon ?? setImmediate,
    onLive: (session) => {
      sessions.add(session)
      session.join(everybody)
    },
  }

  function accept(socket: Socket, remote: { address: string; cookie: string | null }): Connection {
    const hasPlace = addresses.acquire(remote.address)
    const onEnd = (session: Session | undefined) => {
      connections.delete(connection)
      if (session) sessions.delete(session)
      if (hasPlace) addresses.release(remote.address)
    }
    const connection = openConnection({ ...context, onEnd }, socket, remote)
    connections.add(connection)
    if (!hasPlace) {
      stats.refused += 1
      connection.close(tooManyHere, retryAfterMs())
    }
    return connection
  }

  function acceptRaw(raw: ServerWebSocket<unknown>, remote: Parameters<typeof accept>[1]): Connection {
    const connection = accept(fromBunSocket(raw), remote)
    connectionOf.set(raw, connection)
    return connection
  }

  function mount(app: Hono, path = '/vortex'): void {
    app.get(path, async (c, next) => {
      if (isDraining) return c.text(goodbye.words, 503, { 'retry-after': '2' })
      const [origin, host] = [c.req.header('origin') ?? null, c.req.header('host') ?? null]
      if (!allowedOrigin(origin, host)) {
        log.warning('A page of another origin was refused.', { origin, host })
        return c.text(`Found the origin ${origin}, wanted a page of ${host}.`, 403)
      }
      const remote = { address: getConnInfo(c).remote.address ?? 'unknown', cookie: c.req.header('cookie') ?? null }
      let connection: Connection | undefined
      const upgrade = upgradeWebSocket(() => ({
        onOpen: (_event, ws) => {
          if (ws.raw) connection = acceptRaw(ws.raw, remote)
        },
        onClose: () => connection?.onSocketClosed(),
      }))
      return (await upgrade(c, next)) ?? c.text('Wanted a websocket upgrade.', 426)
    })
  }

  const websocket: WebSocketHandler<BunWebSocketData> = {
    open: (ws) => honoWebsocket.open(ws),
    close: (ws, code, reason) => honoWebsocket.close(ws, code, reason),
    // Past Hono, which makes an event and an address of every message.
    message: (ws, data) => {
      const connection = connectionOf.get(ws)
      if (typeof data === 'string') connection?.onText(data)
      else connection?.onBytes(data)
    },
    perMessageDeflate: false,
    maxPayloadLength: socketFrameSizeBytesMax(limits),
    backpressureLimit: limits.queuedBytesMax,
    closeOnBackpressureLimit: true,
    // Silence is measured by our own beats.
    idleTimeout: 0,
    sendPings: false,
  }

  function publish(topic: string, text: string): void {
    stats.framesPublished += 1
    server?.publish(topic, pack(text))
  }

  function close(): void {
    isDraining = true
    for (const connection of [...connections]) connection.close(goodbye, retryAfterMs())
  }

  function retryAfterMs(): number {
    return Math.round(random() * retrySpreadMs)
  }

  return {
    mount,
    websocket,
    attach: (attached) => {
      server = attached
    },
    accept,
    sessions: () => sessions.values(),
    publish,
    broadcast: (head) => publish(everybody, encodeFrame(head)),
    drain: async () => {
      isDraining = true
      await gate.shut(drainTimeoutMs)
      close()
    },
    close,
    stats: () => ({ ...stats, requestsInFlight: gate.count }),
  }
}
