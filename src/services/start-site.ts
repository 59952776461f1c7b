/** Listens for HTTP, and says plainly when the port is taken. */
import { PlatformError } from '#kernel/platform-error.ts'

export type Site = { readonly url: string; readonly port: number; stop(): Promise<void> }

export type SiteOptions = {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** The configuration key of the port, for the error. */
  readonly key: string
  readonly fetch: (request: Request) => Response | Promise<Response>
}

export function startSite({ host, port, key, fetch }: SiteOptions): Site {
  try {
    const server = Bun.serve({ hostname: host, port, fetch })
    const listening = server.port ?? port
    return { port: listening, url: toSiteUrl(host, listening), stop: () => server.stop(true) }
  } catch (cause) {
    throw explainListenFailure(cause, { host, port, key })
  }
}

/** The url a person on this machine opens. */
export function toSiteUrl(host: string, port: number): string {
  return `http://${['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host}:${port}`
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
