/** Listens for HTTP, and says plainly when the port is taken. */
import { PlatformError } from '#kernel/platform-error.ts'

export type Site = { readonly url: string; readonly port: number; stop(): Promise<void> }

/** A site that knows of the connections its requests come by. */
export type SiteOfRequests = Site & {
  /** Of who asks; empty when the connection is gone. */
  addressOf(request: Request): string
  /** A connection that nothing moves on is closed after some seconds; this one may wait as long for its answer. */
  keepOpen(request: Request, lengthMs: number): void
  /** From now on it shows this to whoever connects; who is connected goes on. */
  show(certificate: ShownCertificate): void
}

/** In PEM. */
export type ShownCertificate = { readonly certificate: string; readonly key: string }

export type SiteOptions = {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** The configuration key of the port, for the error. */
  readonly key: string
  readonly fetch: (request: Request) => Response | Promise<Response>
  /** With one it speaks TLS and nothing else. */
  readonly certificate?: ShownCertificate | undefined
}

/** For what comes before and after the work itself. */
const graceSeconds = 10

export function startSite({ host, port, key, fetch, certificate }: SiteOptions): SiteOfRequests {
  try {
    let server = listen({ host, port, fetch, certificate })
    const listening = server.port ?? port
    return {
      port: listening,
      url: toSiteUrl(host, listening, certificate ? 'https' : 'http'),
      addressOf: (request) => server.requestIP(request)?.address ?? '',
      keepOpen: (request, lengthMs) => server.timeout(request, Math.ceil(lengthMs / 1_000) + graceSeconds),
      show: (renewed) => {
        // Lets the port go at once, and each connection when it is done.
        void server.stop()
        server = listen({ host, port: listening, fetch, certificate: renewed })
      },
      stop: () => server.stop(true),
    }
  } catch (cause) {
    throw explainListenFailure(cause, { host, port, key })
  }
}

function listen({ host, port, fetch, certificate }: Omit<SiteOptions, 'key'>) {
  const tls = certificate && { cert: certificate.certificate, key: certificate.key }
  return Bun.serve({ hostname: host, port, fetch: (request) => guarded(fetch, request), ...(tls && { tls }) })
}

/** A `Host` that is none makes an address nobody can take apart: whatever looks at it would throw. */
function guarded(fetch: SiteOptions['fetch'], request: Request): Response | Promise<Response> {
  if (URL.canParse(request.url)) return fetch(request)
  const words = 'The header Host is wrong: wanted a name or an address, with a port or without.'
  return Response.json({ error: { kind: 'bad-request', words } }, { status: 400 })
}

/** The url a person on this machine opens. */
export function toSiteUrl(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  return `${scheme}://${['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host}:${port}`
}

/** A taken port as a sentence; any other failure as it came. */
export function explainListenFailure(cause: unknown, site: { host: string; port: number; key: string }): unknown {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) return cause
  const { host, port, key } = site
  return new PlatformError(
    'already-running',
    `Port ${port} on ${host} is taken by another program. Stop that program, or set another port with "${key}" (0: any free one).`,
    { facts: { host, port, key }, cause },
  )
}
