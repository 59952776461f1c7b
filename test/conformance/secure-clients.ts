/** Clients of the server with TLS, opened once for all cases: opening one takes the newer client a tenth of a second. */
import type { CaseContext } from './conformance-case.ts'
import type { ConformanceClient } from './conformance-client.ts'
import type { SecureServer } from './server-of-a-case.ts'

export type SecureClients = {
  readonly admin: ConformanceClient
  /** Says who it is with each call, or not at all. */
  readonly anonymous: ConformanceClient
}

const opened = new WeakMap<SecureServer, SecureClients>()

export function getSecureClients({ openClient }: CaseContext, server: SecureServer): SecureClients {
  const known = opened.get(server)
  if (known) return known
  const { username, password } = server.admin
  const clients = {
    admin: openClient({ server, user: `${username}:${password}` }),
    anonymous: openClient({ server, user: '' }),
  }
  opened.set(server, clients)
  return clients
}
