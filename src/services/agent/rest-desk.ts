import { join } from 'node:path'
import type { Hono } from 'hono'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { AgentPart } from '#plugin-api/define-parts.ts'
import type { AgentContext } from '#plugin-api/part-context.ts'
import type { DiscoveredPlugin } from '#plugin-host/discover-plugins.ts'
import type { FirstFetch } from '#plugin-host/parts/part-ports.ts'
import type { RestRoute } from '#rest/define-rest-route.ts'
import { answerFindRequests } from '#rest/find-requests.ts'
import { openHeldKeys } from '#rest/keys/held-keys.ts'
import { createKeyGate } from '#rest/keys/key-gate.ts'
import { type AgentApi, TakeApiKeys } from '#rest/keys/key-request.ts'
import type { RestPlugin } from '#rest/open-api.ts'
import { openRequestLog, type RequestLog } from '#rest/request-log.ts'
import { createRestApi } from '#rest/rest-api.ts'
import { createPageFiles } from '#rest/site/page-files.ts'
import { indexPage } from '#rest/site/pages.ts'
import type { RpcDesk } from '#rpc/create-rpc-desk.ts'
import { answerRpc } from '#rpc/rpc.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { SiteOfRequests } from '../start-site.ts'
import { type KeyPull, startKeyPull } from './pull-keys.ts'

/**
 * The REST side of an agent: the routes of its plugins, the keys they need, the log of requests, and the pages that say
 * what may be asked.
 *
 * Promises: works with the keys on the disk while logic is away (S1); a part that stops takes its routes with it; `stop`
 * ends all of it.
 */
export interface RestDesk {
  /** Answers what the routes of a part do not: at `/` what there is, and the files of its pages. */
  addRoutes(site: Hono): void
  start(
    link: Pick<VortexClient, 'ask' | 'state' | 'onState'>,
    site: SiteOfRequests,
    calls: Pick<RpcDesk, 'listen'>,
  ): void
  serve(plugin: DiscoveredPlugin, part: AgentPart, context: AgentContext): FirstFetch | undefined
  readonly requests: Pick<RequestLog, 'find'>
  stop(): void
}

type Offered = { readonly plugin: RestPlugin; readonly routes: readonly RestRoute<AgentContext>[] }

export function openRestDesk(options: { folder: string; name: string; clock: Clock; log: Log }): RestDesk {
  const { name, clock } = options
  const log = options.log.named('rest')
  const held = openHeldKeys({ file: join(options.folder, 'api-keys.json'), log })
  const requests = openRequestLog({ file: join(options.folder, 'requests.db'), clock, log })
  const files = createPageFiles()
  const offered = new Map<string, Offered>()
  const stopping = new AbortController()
  let pull: KeyPull | undefined
  let site: SiteOfRequests | undefined
  const gate = createKeyGate({ keys: held.keys, onUse: (key) => pull?.noteUse(key.id), clock })

  const open = (plugin: RestPlugin, routes: Offered['routes'], context: AgentContext): FirstFetch => {
    const mine = { plugin, routes }
    offered.set(plugin.id, mine)
    context.onStop(() => {
      if (offered.get(plugin.id) === mine) offered.delete(plugin.id)
    })
    const { signal, log: partLog } = context
    const keepOpen: SiteOfRequests['keepOpen'] = (request, lengthMs) => site?.keepOpen(request, lengthMs)
    const api = createRestApi({ plugin, routes, context, signal, gate, keepOpen, files, requests, clock, log: partLog })
    return (request) => api.fetch(request, () => site?.addressOf(request) ?? '')
  }
  return {
    addRoutes: (root) => {
      root.get('/', () =>
        indexPage(
          name,
          [...offered.values()].map(({ plugin, routes }) => ({ plugin, routeCount: routes.length })),
        ),
      )
      root.get('/page/:file', async (c) => (await files.serve(c.req.param('file'), c.req.raw)) ?? c.notFound())
    },
    start: (client, ofRequests, calls) => {
      site = ofRequests
      const keys = startKeyPull({ client, held, apis: () => [...offered.values()].map(toAgentApi), clock, log })
      pull = keys
      const takeKeys = answerRpc(TakeApiKeys, () => keys.askNow().then(() => ({})))
      calls.listen({ plugin: 'peek', log, signal: stopping.signal }, [answerFindRequests(requests), takeKeys])
    },
    serve: ({ manifest, version }, part, context) => {
      if (part.rest.length === 0) return undefined
      return open({ id: manifest.id, title: manifest.title, version }, part.rest, context)
    },
    requests,
    stop: () => {
      stopping.abort()
      pull?.stop()
      requests.close()
    },
  }
}

function toAgentApi({ plugin, routes }: Offered): AgentApi {
  const scopes = new Map<string, string[]>()
  for (const { scope, method, path } of routes) scopes.set(scope, [...(scopes.get(scope) ?? []), `${method} ${path}`])
  return {
    plugin: plugin.id,
    title: plugin.title,
    version: plugin.version,
    scopes: [...scopes].map(([scope, of]) => ({ scope, routes: of })),
  }
}
