import type { Hono } from 'hono'
import type { VortexServer } from '#vortex/server/vortex-server.ts'
import { explainListenFailure, type Site, toSiteUrl } from '../start-site.ts'

/** Listens for HTTP and vortex on one port; the sockets belong to the vortex server, everything else to the site. */
export function startVortexSite(options: {
  host: string
  /** 0: any free one. */
  port: number
  /** The configuration key of the port, for the error. */
  key: string
  site: Hono
  vortex: VortexServer
}): Site {
  const { host, port, key, site, vortex } = options
  try {
    const server = Bun.serve({
      hostname: host,
      port,
      fetch: (request, bunServer) => site.fetch(request, { server: bunServer }),
      websocket: vortex.websocket,
    })
    vortex.attach(server)
    const listening = server.port ?? port
    return { port: listening, url: toSiteUrl(host, listening), stop: () => server.stop(true) }
  } catch (cause) {
    throw explainListenFailure(cause, { host, port, key })
  }
}
