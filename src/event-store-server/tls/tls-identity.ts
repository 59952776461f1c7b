/** What the server shows to clients: given files, or what our own authority vouches for. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { openOwnAuthority } from './own-authority.ts'

export type TlsOptions =
  /** PEM files. The authority's is what clients are told to trust; without it they trust those their system trusts. */
  | { readonly certificateFile: string; readonly keyFile: string; readonly caFile?: string }
  /** An authority of our own in this folder, and a certificate for this machine's names and the given ones. */
  | { readonly selfMade: string; readonly names?: readonly string[] }

export type TlsIdentity = {
  /** In PEM, as all of these. */
  readonly certificate: Buffer
  readonly key: Buffer
  /** Path of what clients must trust; undefined when their system's authorities do. */
  readonly caFile: string | undefined
  readonly validUntil: number
}

export type TlsSurroundings = { readonly host: string; readonly now: number; readonly log: Log }

const endIsNearMs = 30 * 24 * 3_600_000

export function openTlsIdentity(options: TlsOptions, surroundings: TlsSurroundings): TlsIdentity {
  const identity = 'selfMade' in options ? openSelfMade(options, surroundings) : readGiven(options)
  const { now, log } = surroundings
  if (identity.validUntil - now < endIsNearMs)
    log.warning('The server certificate ends soon, or has ended. Renew it and start again', {
      validUntil: new Date(identity.validUntil).toISOString(),
    })
  return identity
}

function openSelfMade(
  { selfMade, names = [] }: Extract<TlsOptions, { selfMade: string }>,
  { host, now, log }: TlsSurroundings,
): TlsIdentity {
  const all = ['localhost', '127.0.0.1', '::1', hostname(), ...(isAnyAddress(host) ? [] : [host]), ...names]
  for (const name of names)
    if (!/^[\w.:-]+$/.test(name))
      throw new PlatformError('bad-configuration', `"${name}" is neither a host name nor an address.`)
  return openOwnAuthority({ folder: selfMade, names: [...new Set(all)], now, log })
}

function readGiven(options: Exclude<TlsOptions, { selfMade: string }>): TlsIdentity {
  const { certificateFile, keyFile, caFile } = options
  const certificate = readPem(certificateFile)
  const key = readPem(keyFile)
  const parsed = parse(certificateFile, () => new X509Certificate(certificate))
  const privateKey = parse(keyFile, () => createPrivateKey(key))
  if (!parsed.checkPrivateKey(privateKey))
    throw new PlatformError(
      'bad-configuration',
      `${keyFile} is not the key of ${certificateFile}. Give the two that belong together.`,
    )
  if (caFile !== undefined) parse(caFile, () => new X509Certificate(readPem(caFile)))
  return { certificate, key, caFile, validUntil: parsed.validToDate.getTime() }
}

function readPem(file: string): Buffer {
  return parse(file, () => readFileSync(file))
}

function parse<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause
    throw new PlatformError('bad-configuration', `${file} cannot be used for TLS. Give a readable PEM file.`, {
      facts: { file },
      cause,
    })
  }
}

/** Listening on every address of the machine: no name to be called by. */
export function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === ''
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
