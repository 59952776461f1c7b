/**
 * An agent as a process of its own, with a door to put actions in its queue: what an integration does with them.
 *
 *     POST /put  {"actions":[{"id":"…","row":"…"}]}   answered when all of them are on the disk
 *     GET /queue                                       how the queue stands
 */

import { systemRandom } from '#kernel/random.ts'
import { AddIntValue } from '#plugins/tutorial/shared/actions.ts'
import { openAgentQueue } from '#services/agent/open-agent-queue.ts'
import { makeServiceClient } from '#services/make-service-client.ts'
import { runRole, type ServiceContext } from '#services/run-role.ts'
import type { Service } from '#services/service.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'

type Put = { readonly actions: readonly { readonly id: string; readonly row: string }[] }

await runRole({ role: 'agent', args: Bun.argv.slice(2), createService })

function createService(context: ServiceContext<'agent'>): Service {
  const { config, identity, log, clock } = context
  const queue = openAgentQueue(context)
  const plugin = queue.of('tutorial', new AbortController().signal)
  let link: VortexClient | undefined
  const site = Bun.serve({
    hostname: '127.0.0.1',
    port: config.values.httpServer.sitePort,
    routes: {
      '/queue': () => Response.json(queue.status()),
      '/put': {
        POST: async (request) => {
          const { actions } = (await request.json()) as Put
          await Promise.all(
            actions.map(({ id, row }) => plugin.put(AddIntValue, { stringIntId: row, offset: 1 }, { id })),
          )
          return Response.json({ stored: actions.length })
        },
      },
    },
  })
  return {
    name: 'agent',
    url: () => site.url.href,
    health: () => ({ state: 'ready', words: 'works', parts: [queue.health()] }),
    run: async () => {
      const address = config.values.serviceLink
      link = makeServiceClient({ address, identity, clock, random: systemRandom, log })
      queue.connect(link)
    },
    drain: () => Promise.resolve(),
    stop: async () => {
      link?.close()
      queue.close()
      await site.stop(true)
    },
  }
}
