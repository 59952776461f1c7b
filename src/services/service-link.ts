/**
 * The connection of a service to logic: greets with the shared secret, reports the service, says how it stands.
 *
 * Promises: dials for ever with back-off, also when logic was never there; `close` ends all of it.
 */
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import type { PartStatus } from '#plugin-host/parts/parts-host.ts'
import type { ConnectionState, VortexClient } from '#vortex/client/vortex-client.ts'
import type { LoadMeter } from './load-meter.ts'
import { makeServiceClient } from './make-service-client.ts'
import { answerOrders, type Drainable } from './order-desk.ts'
import type { SupervisorLine } from './process-surroundings.ts'
import type { PartHealth } from './service.ts'
import type { ServiceIdentity } from './service-identity.ts'
import type { ServiceRpc } from './service-rpc.ts'
import { type Holdings, type StatusReporting, startStatusReport } from './status-report.ts'

export type ServiceLinkOptions = {
  readonly address: { readonly host: string; readonly port: number; readonly secret: string }
  readonly identity: ServiceIdentity
  readonly meter: LoadMeter
  readonly url: () => string | undefined
  readonly holdings: () => Holdings
  readonly rpc: ServiceRpc
  readonly parts: () => readonly PartStatus[]
  readonly supervisor: SupervisorLine | undefined
  /** What keeps new work away, where there is any. */
  readonly drainable?: Drainable | undefined
  readonly log: Log
  readonly clock: Clock
}

export type ServiceLink = {
  readonly client: VortexClient
  health(): PartHealth
  close(): void
}

export function openServiceLink(options: ServiceLinkOptions): ServiceLink {
  const { address, identity, clock, rpc, supervisor, drainable } = options
  const log = options.log.named('link')
  const orders = { service: identity.name, supervisor, drainable, log: options.log }
  const answer = answerOrders(rpc.answer, orders, () => report.hurry())
  const client = makeServiceClient({ address, identity, clock, random: systemRandom, log, answer })
  rpc.attach(client)
  const unlisten = client.onState((state) => logChange(log, state))
  const isSupervised = supervisor !== undefined
  const report: StatusReporting = startStatusReport({ ...options, client, log, rpcs: rpc.figures, isSupervised })
  return {
    client,
    health: () => toLinkHealth(client.state()),
    close: () => {
      report.stop()
      rpc.stop()
      unlisten()
      client.close()
    },
  }
}

function logChange(log: Log, state: ConnectionState): void {
  if (state.state === 'online') log.info('logic is there', { build: state.welcome.build })
  if (state.state === 'refused')
    log.error('logic refuses this service', { kind: state.error.kind, words: state.error.words })
}

export function toLinkHealth(state: ConnectionState): PartHealth {
  const name = 'logic'
  switch (state.state) {
    case 'online':
      return { name, state: 'ready', words: 'connected' }
    case 'connecting':
      return {
        name,
        state: 'degraded',
        words: state.attempt === 0 ? 'connecting' : `connecting, attempt ${state.attempt + 1}`,
      }
    case 'offline':
      return { name, state: 'degraded', words: `away (${state.words}); tried again by itself` }
    case 'refused':
      return { name, state: 'degraded', words: `refuses this service: ${state.error.words}` }
    case 'closed':
      return { name, state: 'stopped', words: 'closed' }
  }
}
