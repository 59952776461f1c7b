/**
 * The agent: talks to outside systems from another network zone. It dials out to logic and nobody dials in, except to its
 * own REST site. What its plugins put into the queue survives everything but the disk.
 */
import { must } from '#kernel/assert.ts'
import { pause } from '#kernel/clock.ts'
import type { AgentContext, PartContext } from '#plugin-api/part-context.ts'
import { createLinkedService } from '../linked-service.ts'
import type { ServiceContext } from '../run-role.ts'
import type { Service } from '../service.ts'
import { openSiteCertificates } from '../site-certificate.ts'
import { toHoldings } from '../status-report.ts'
import { type LinkedQueue, openAgentQueue } from './open-agent-queue.ts'
import { toQueueGauges, toQueueTrouble } from './queue/queue-status.ts'
import { openRestDesk, type RestDesk } from './rest-desk.ts'

/** An answer that takes longer is asked for by the next run. */
const drainMsMax = 3_000

export function createAgentService(context: ServiceContext<'agent'>): Service {
  const { identity, clock } = context
  let queue: LinkedQueue | undefined
  let rest: RestDesk | undefined
  const opened = (): LinkedQueue => must(queue, 'the queue is opened before the parts start')
  const desk = (): RestDesk => must(rest, 'the desk is opened before the site listens')
  const complete = (part: PartContext): AgentContext => ({
    ...part,
    agent: { name: identity.instanceName, zone: identity.zone },
    queue: opened().of(part.plugin, part.signal),
  })
  const { folder, values } = context.config
  const files = { files: values.httpServer.tls, folder, key: 'httpServer.tls' }
  const certificates = openSiteCertificates({ ...files, clock, log: context.log.named('site') })
  const linked = createLinkedService({
    role: 'agent',
    context,
    certificates,
    addRoutes: (site) => desk().addRoutes(site),
    ports: ({ client }, site, calls) => {
      opened().connect(client)
      desk().start(client, site, calls)
      return { complete, serve: desk().serve }
    },
    partsHealth: () => (queue ? [queue.health()] : []),
    gauges: () => (queue ? toQueueGauges(queue.status(), clock.now()) : {}),
    holdings: () => {
      const status = opened().status()
      return toHoldings({ ...status, words: toQueueTrouble(status, clock.now()) })
    },
  })
  return {
    ...linked,
    run: async () => {
      queue = openAgentQueue(context)
      rest = openRestDesk({ folder, name: identity.instanceName, clock, log: context.log })
      await linked.run()
    },
    drain: async () => {
      await linked.drain()
      await Promise.race([queue?.drain(), pause(clock, drainMsMax)])
    },
    stop: async () => {
      await linked.stop()
      rest?.stop()
      rest = undefined
      queue?.close()
      queue = undefined
    },
  }
}
