import { Hono } from 'hono'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { createLog, type Log, type LogLine, silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import type { RpcDesk } from '#rpc/create-rpc-desk.ts'
import type { RpcListener } from '#rpc/define-rpc.ts'
import type { Rpc, RpcHandler } from '#rpc/rpc.ts'
import { startVortexSite } from '#services/gateway/vortex-site.ts'
import { createLinkedKeys } from '#services/logic/linked-keys.ts'
import { createLogicRpc, type LogicRpc } from '#services/logic/logic-rpc.ts'
import { createPluginsDesk } from '#services/logic/plugins-desk.ts'
import { createServiceLink } from '#services/logic/service-link.ts'
import { createStatusBoard } from '#services/logic/status-board.ts'
import { makeServiceClient } from '#services/make-service-client.ts'
import type { ServiceIdentity } from '#services/service-identity.ts'
import { createServiceRpc, type ServiceRpc } from '#services/service-rpc.ts'
import type { DirectVortexClient } from '#vortex/client/make-vortex-client.ts'
import { defaultLimits, type Limits } from '#vortex/protocol/limits.ts'
import type { VortexServer } from '#vortex/server/vortex-server.ts'
import { eventually } from './eventually.ts'

/** Logic's end of the service link over real sockets, without its stores, and services that dial it: the star that calls go through. */
export interface RpcStar {
  readonly logic: StarEnd & { readonly rpc: LogicRpc }
  dial(role: DialingRole, at?: StarPlace): Promise<StarService>
  readonly port: number
  stats(): ReturnType<VortexServer['stats']>
  readonly lines: LogLine[]
  stop(): Promise<void>
}

type DialingRole = Exclude<RpcListener, 'logic'>
type StarPlace = { readonly name?: string; readonly zone?: string; readonly instance?: string }

/** One service: its desk, and a part of plugin `star` on it. */
export type StarEnd = {
  readonly desk: RpcDesk
  readonly call: Rpc
  listen(...handlers: RpcHandler[]): () => Promise<void>
  readonly instance: string
}
export type StarService = StarEnd & {
  readonly rpc: ServiceRpc
  readonly link: DirectVortexClient
  /** Resolves when logic knows what is listened to here. */
  settle(): Promise<void>
  close(): void
}

export const starSecret = 'a secret that all services share'

export function startRpcStar(options: { limits?: Partial<Limits>; isSilent?: boolean } = {}): RpcStar {
  const lines: LogLine[] = []
  const log = options.isSilent ? silentLog : createLog('star', (line) => void lines.push(line))
  const surroundings = { clock: systemClock, random: systemRandom, log }
  const identity = toIdentity('logic', {})
  const rpc = createLogicRpc({ identity, clock: systemClock, log })
  const board = createStatusBoard({ clock: systemClock, onChange: () => undefined })
  const vortex = createServiceLink({
    ...surroundings,
    service: { name: 'logic', instance: identity.id, build: 'test' },
    secret: starSecret,
    limits: { ...defaultLimits, ...options.limits },
    core: {
      engine: () => undefined,
      snapshots: () => undefined,
      effects: () => undefined,
      looked: () => undefined,
      state: () => ({ online: true, words: '' }),
      onState: () => () => undefined,
    },
    board,
    rpc,
    plugins: createPluginsDesk({
      instance: 'l',
      facts: () => ({ enabled: [], settings: {}, restarts: {} }),
      clock: systemClock,
    }),
    keys: createLinkedKeys(() => undefined),
  })
  const root = new Hono()
  vortex.mount(root)
  const site = startVortexSite({ host: '127.0.0.1', port: 0, key: 'test', site: root, vortex })
  const services = new Set<StarService>()

  return {
    logic: { ...toEnd(rpc.desk, identity.id, log), rpc },
    port: site.port,
    stats: vortex.stats,
    lines,
    dial: async (role, at) => {
      const service = await dialStar(role, site.port, at, log)
      services.add(service)
      return service
    },
    stop: async () => {
      for (const service of services) service.close()
      vortex.close()
      board.stop()
      await site.stop()
    },
  }
}

/** A service that dials the star of this port, also from another process. */
export async function dialStar(
  role: DialingRole,
  port: number,
  at: StarPlace = {},
  log: Log = silentLog,
): Promise<StarService> {
  const own = toIdentity(role, at)
  const rpc = createServiceRpc({ role, identity: own, clock: systemClock, log })
  const link = makeServiceClient({
    clock: systemClock,
    random: systemRandom,
    log,
    address: { host: '127.0.0.1', port, secret: starSecret },
    identity: own,
    answer: rpc.answer,
  })
  rpc.attach(link)
  await eventually('the service is online', () => link.state().state === 'online')
  return {
    ...toEnd(rpc.desk, own.id, log),
    rpc,
    link,
    settle: async () => {
      rpc.desk.setStarting(false)
      // Announcements leave in order with this, which logic refuses after it has heard them.
      await link.ask('peek.nothing', '{}', 5_000).catch(() => undefined)
    },
    close: () => {
      rpc.stop()
      link.close()
    },
  }
}

function toEnd(desk: RpcDesk, instance: string, parent: Log): StarEnd {
  const part = { plugin: 'star', log: parent.named('part'), signal: new AbortController().signal }
  return { desk, instance, call: desk.callerOf(part), listen: (...handlers) => desk.listen(part, handlers) }
}

function toIdentity(name: string, { name: instanceName = 'here', zone = 'main', instance = newUuid() }: StarPlace) {
  const ids = { id: instance, device: newUuid() }
  const identity: ServiceIdentity = {
    ...ids,
    name,
    instanceName,
    zone,
    build: 'test',
    host: 'here',
    pid: 1,
    startedAt: 0,
  }
  return identity
}
