/**
 * The near side of the rest bench, a process of its own: the REST desk of an agent with one route, all that stands before it
 * included, and beside it a bare hono route that reads and answers the same JSON. It prints a line when it listens, and
 * for each line on its input the CPU it has used.
 *
 *     bun test/bench/rest-agent.ts <folder> <key>
 */

import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { defineAgentPart, defineRestRoute } from '#plugin-api'
import type { AgentContext } from '#plugin-api/part-context.ts'
import { instant, integer, uuid } from '#plugin-api/shared'
import { makePartRoutes } from '#plugin-host/parts/part-routes.ts'
import { createPartScope } from '#plugin-host/parts/part-scope.ts'
import { idOfKey } from '#rest/keys/api-key.ts'
import { openRestDesk, type RestDesk } from '#services/agent/rest-desk.ts'
import { mountParts } from '#services/service-parts.ts'
import { startSite } from '#services/start-site.ts'
import type { ConnectionState } from '#vortex/client/vortex-client.ts'

const [folder = '', key = ''] = Bun.argv.slice(2)
const log = silentLog
const clock = systemClock

const putReading = defineRestRoute('POST', '/meters/:meterId/readings', {
  words: 'Hands in what a meter showed.',
  params: { meterId: uuid() },
  input: { value: integer({ min: 0 }), readAt: instant() },
  output: { meterId: uuid(), value: integer() },
  scope: 'write',
  status: 202,
  handle: async ({ params, input }) => ({ meterId: params.meterId, value: input.value }),
})
const part = defineAgentPart({ rest: [putReading] })

const desk = openRestDesk({ folder, name: 'bench', clock, log })
const scope = createPartScope({ clock, log, stopMsMax: 1_000 })
const context = { signal: scope.signal, log, onStop: () => undefined } as Partial<AgentContext> as AgentContext
const plugin = { manifest: { id: 'meters', title: 'Meters' }, version: '1.0.0' }
const first = desk.serve(plugin as Parameters<RestDesk['serve']>[0], part, context)
const fetchPart = makePartRoutes({ first, routes: undefined, context, path: '/p/meters', scope, log })

const root = new Hono()
mountParts(root, 'agent', () => ({ fetch: (_, request) => fetchPart(request) }))
desk.addRoutes(root)
const site = startSite({ host: '127.0.0.1', port: 0, key: 'none', fetch: root.fetch })

const id = idOfKey(key) ?? ''
const hash = createHash('sha256').update(key).digest('hex')
const keys = [{ id, name: 'bench', hash, scopes: ['meters:write'], requestsPerMinute: 100_000_000, expiresAt: null }]
const online = { state: 'online' } as Partial<ConnectionState> as ConnectionState
desk.start(
  { state: () => online, onState: () => () => undefined, ask: async () => JSON.stringify({ version: '1', keys }) },
  site,
  { listen: () => async () => undefined },
)

const bare = new Hono()
bare.post('/meters/:meterId/readings', async (c) => {
  const { value } = await c.req.json<{ value: number }>()
  return c.json({ meterId: c.req.param('meterId'), value }, 202)
})
const bareSite = startSite({ host: '127.0.0.1', port: 0, key: 'none', fetch: bare.fetch })

console.log(JSON.stringify({ site: site.port, bare: bareSite.port }))
for await (const _ of console) {
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ cpuUs: user + system }))
}
desk.stop()
process.exit(0)
