/** What differs in connection strings between clients and cases: scheme, address, query, and who asks. */
import type { ClientKind, Credentials } from './conformance-client.ts'

const pattern = /^(?<scheme>\w+)(?<discover>\+discover)?:\/\/(?<user>[^@/]*@)?(?<address>[^/?]+)\/?\??(?<query>.*)$/

/** Each client knows the server under its own name. */
export function toSchemeOf(kind: ClientKind, connectionString: string): string {
  return connectionString.replace(/^\w+/, kind === 'kurrent' ? 'kurrentdb' : 'esdb')
}

export type ConnectionChange = {
  readonly query?: string
  readonly isDiscovering?: boolean
  /** `name:password`; nobody when empty. */
  readonly user?: string
}

export function changeConnectionString(connectionString: string, change: ConnectionChange): string {
  const { scheme, discover, address, query, ...parts } = partsOf(connectionString)
  const isDiscovering = discover !== undefined || change.isDiscovering
  const user = change.user === undefined ? parts.user : change.user && `${change.user}@`
  const queries = [query, change.query].filter(Boolean).join('&')
  return `${scheme}${isDiscovering ? '+discover' : ''}://${user ?? ''}${address}?${queries}`
}

/** Those in the connection string; else the ones a new server has, which a server without security does not look at. */
export function credentialsOf(connectionString: string): Credentials {
  const [username, password] = partsOf(connectionString).user?.slice(0, -1).split(':') ?? []
  if (username === undefined || password === undefined) return { username: 'admin', password: 'changeit' }
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) }
}

/** With TLS and somebody to ask as: then users can be made, and rights judged. */
export function hasUsers(connectionString: string): boolean {
  const { user, query = '' } = partsOf(connectionString)
  return user !== undefined && new URLSearchParams(query).get('tls') !== 'false'
}

function partsOf(connectionString: string): Partial<Record<string, string>> {
  const groups = pattern.exec(connectionString)?.groups
  if (!groups) throw new Error(`${connectionString} is no connection string: kurrentdb://host:port?tls=false is one.`)
  return groups
}
