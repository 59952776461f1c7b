import { PlatformError } from '#kernel/platform-error.ts'
import { withoutCredentials } from './kurrent-client.ts'

/** Where a connection string leads, for the calls that the official client does not make. */
export type ServerAddress = {
  readonly hosts: readonly string[]
  /** The hosts are asked who leads; otherwise the one host is the server. */
  readonly isCluster: boolean
  readonly isSecure: boolean
  readonly verifiesCertificate: boolean
  readonly caFile: string | undefined
  readonly certificateFile: string | undefined
  readonly keyFile: string | undefined
  readonly credentials: { readonly user: string; readonly password: string } | undefined
}

const form =
  /^(?:kurrentdb|kurrent|kdb|esdb)(?<discover>\+discover)?:\/\/(?:(?<who>[^@/]*)@)?(?<hosts>[^/?]+)\/?(?:\?(?<query>.*))?$/
const defaultPort = 2113

/** Throws `bad-configuration`; credentials never reach the message. */
export function parseServerAddress(connectionString: string): ServerAddress {
  const found = form.exec(connectionString.trim())?.groups
  if (!found?.hosts) throw unreadable(connectionString)
  const options = new Map(
    [...new URLSearchParams(found.query ?? '')].map(([name, value]) => [name.toLowerCase(), value]),
  )
  const hosts = found.hosts.split(',').map(withPort)
  return {
    hosts,
    isCluster: found.discover !== undefined || hosts.length > 1,
    isSecure: options.get('tls')?.toLowerCase() !== 'false',
    verifiesCertificate: options.get('tlsverifycert')?.toLowerCase() !== 'false',
    caFile: options.get('tlscafile'),
    certificateFile: options.get('usercertfile'),
    keyFile: options.get('userkeyfile'),
    credentials: parseCredentials(found.who),
  }
}

function withPort(host: string): string {
  return /:\d+$/.test(host) ? host : `${host}:${defaultPort}`
}

function parseCredentials(who: string | undefined): ServerAddress['credentials'] {
  const colon = who?.indexOf(':') ?? -1
  if (who === undefined || colon < 0) return undefined
  return { user: unescapeText(who.slice(0, colon)), password: unescapeText(who.slice(colon + 1)) }
}

/** A percent sign that escapes nothing is meant as it stands. */
function unescapeText(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function unreadable(connectionString: string): PlatformError {
  const shown = withoutCredentials(connectionString)
  return new PlatformError(
    'bad-configuration',
    `The connection string ${shown} cannot be read: wanted kurrentdb://host:port?tls=false or the like.`,
    { facts: { connectionString: shown } },
  )
}
