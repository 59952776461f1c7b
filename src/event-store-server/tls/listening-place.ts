/** Where the server listens, whom it lets in, and how clients are told to call it. */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import { ServerCredentials } from '@grpc/grpc-js'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { isAnyAddress, isLoopback, openTlsIdentity, type TlsOptions } from './tls-identity.ts'

export type ListeningOptions = {
  readonly host: string
  readonly tls: TlsOptions | undefined
  readonly allowsInsecureNetwork: boolean
  readonly now: number
  readonly log: Log
}

export type ListeningPlace = {
  readonly credentials: ServerCredentials
  readonly isSecure: boolean
  /** What clients call it by, in connection strings and in gossip. */
  readonly calledHost: string
  toConnectionString(port: number): string
}

export function openListeningPlace({ host, tls, allowsInsecureNetwork, now, log }: ListeningOptions): ListeningPlace {
  if (!tls) {
    if (!isLoopback(host) && !allowsInsecureNetwork) throw refuseOpenNetwork(host)
    return toPlace(ServerCredentials.createInsecure(), isAnyAddress(host) ? hostname() : host, 'tls=false')
  }
  const { certificate, key, caFile } = openTlsIdentity(tls, { host, now, log })
  const credentials = ServerCredentials.createSsl(null, [{ cert_chain: certificate, private_key: key }], false)
  const calledHost = chooseCalledHost(host, tls, new X509Certificate(certificate))
  const trusted = caFile === undefined ? '' : `&tlsCAFile=${encodeURIComponent(resolve(caFile))}`
  return toPlace(credentials, calledHost, `tls=true${trusted}`)
}

/** Beside the keys when they are ours, else beside the database; nowhere for one that is only in memory. */
export function defaultPasswordFolder(file: string, tls: TlsOptions | undefined): string | undefined {
  if (tls && 'selfMade' in tls) return tls.selfMade
  return file === ':memory:' ? undefined : dirname(file)
}

/**
 * A name the certificate is made out to, rather than an address: Bun's TLS refuses addresses as the name of a server, so
 * the official clients, which use the host for it, cannot call one by its address there.
 */
function chooseCalledHost(host: string, tls: TlsOptions, certificate: X509Certificate): string {
  const given = 'selfMade' in tls ? (tls.names ?? []) : []
  const certified = [...(certificate.subjectAltName ?? '').matchAll(/DNS:([\w.-]+)/g)].map(([, name]) => name ?? '')
  const names = [host, ...(isLoopback(host) ? ['localhost'] : given), hostname(), ...certified]
  const name = names.find((each) => isIP(each) === 0 && certificate.checkHost(each) !== undefined)
  return name ?? (isAnyAddress(host) ? hostname() : host)
}

function toPlace(credentials: ServerCredentials, calledHost: string, query: string): ListeningPlace {
  const address = calledHost.includes(':') ? `[${calledHost}]` : calledHost
  return {
    credentials,
    isSecure: query !== 'tls=false',
    calledHost,
    toConnectionString: (port) => `kurrentdb://${address}:${port}?${query}`,
  }
}

function refuseOpenNetwork(host: string): PlatformError {
  return new PlatformError(
    'bad-configuration',
    `Listening on ${host} without TLS would let everybody who reaches it read and write everything. Configure TLS, listen on 127.0.0.1, or allow an insecure network by name.`,
    { facts: { host } },
  )
}
