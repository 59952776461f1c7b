/**
 * The queue of an agent on its disk, joined to the link to logic.
 *
 * Promises: it is there before any part is, takes actions whether or not logic can be reached, and is sent on by itself
 * whenever logic is back.
 */
import { join } from 'node:path'
import { systemRandom } from '#kernel/random.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { ServiceContext } from '../run-role.ts'
import type { ServiceIdentity } from '../service-identity.ts'
import { type AgentQueue, createAgentQueue, defaultQueueBounds } from './queue/agent-queue.ts'
import { listPutAside, openQueueFile } from './queue/open-queue-file.ts'
import { createQueueFile } from './queue/queue-file.ts'
import type { QueuedAction } from './queue/queued-action.ts'

export type LinkedQueue = AgentQueue & {
  /** From now on it sends over this link. */
  connect(link: Pick<VortexClient, 'state' | 'onState' | 'upstream' | 'onUpstream' | 'act'>): void
}

export function openAgentQueue({ config, identity, clock, ...context }: ServiceContext<'agent'>): LinkedQueue {
  const log = context.log.named('queue')
  const { actionCountMax, sizeMebibytesMax } = config.values.queue
  const file = join(config.folder, 'queue', 'actions.db')
  const { database, damage } = openQueueFile(file, clock.now())
  if (damage)
    log.error("the queue's file was damaged: what can be read of it goes on, and the file is put aside", { ...damage })
  const by = principalOf(identity)
  let link: Parameters<LinkedQueue['connect']>[0] | undefined

  const queue = createAgentQueue({
    file: createQueueFile(database, file),
    clock,
    random: systemRandom,
    log,
    bounds: { ...defaultQueueBounds, countMax: actionCountMax, bytesMax: sizeMebibytesMax * 1_048_576 },
    putAside: () => listPutAside(file),
    canSend: () => link?.state().state === 'online' && link.upstream().online,
    send: (action, body, prev) => link?.act(toAct(action, prev, by), body, { retry: false }) ?? notConnected,
  })
  const { waitingCount } = queue.status()
  if (waitingCount > 0) log.info('actions wait since the last run', { waitingCount })
  return {
    ...queue,
    connect: (next) => {
      link = next
      next.onState(queue.resume)
      next.onUpstream(queue.resume)
      queue.resume()
    },
  }
}

/** Logic knows it by the same name, from the greeting. */
export function principalOf({ name, instanceName, device }: ServiceIdentity): Principal {
  return { user: `agent:${instanceName}`, device, service: name, roles: [] }
}

const notConnected: Promise<Answer> = Promise.resolve({
  outcome: 'failed',
  kind: 'unavailable',
  words: 'The link to logic is not open yet.',
})

function toAct({ id, name, version, at, lane }: QueuedAction, prev: string | undefined, by: Principal) {
  return { id, name, version, at, lane, by, ...(prev !== undefined && { prev }) }
}
