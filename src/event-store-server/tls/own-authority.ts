/**
 * A certificate authority of our own, in a folder: made at the first start, kept for ever, and with it the server's certificate.
 *
 *   ca.crt      what clients are given (`tlsCAFile`)          server.crt   shown to clients
 *   ca.key      signs server certificates, private            server.key   private
 *
 * Promises: clients that trust `ca.crt` trust every certificate a later start makes. The authority is valid from 2000 to
 * 2099, so no wrong clock, now or at its making, invalidates it; the server's certificate is renewed at a start that finds it
 * near its end, not yet valid, or without a name it needs. A crash in between leaves what the next start completes, and
 * servers that begin at the same time begin with the same authority and key.
 */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { beginPrivateFile, beginPublicFile, closeToOthers, writePublicFile } from '../private-file.ts'
import { type Authority, generateKey, issueAuthorityCertificate, issueServerCertificate } from './issue-certificate.ts'
import type { TlsIdentity } from './tls-identity.ts'

export type OwnAuthorityOptions = {
  readonly folder: string
  /** Host names and addresses the server is called by. */
  readonly names: readonly string[]
  readonly now: number
  readonly log: Log
}

const dayMs = 24 * 3_600_000
const authorityValidFrom = new Date('2000-01-01T00:00:00Z')
const authorityValidUntil = new Date('2099-12-31T00:00:00Z')
/** Back-dated, for clients whose clocks are behind. Some systems refuse more than 825 days in all. */
const backDatedDays = 30
const serverValidDays = 790
/** Long enough that a process which began just before renewal was due may run for a year. */
const renewalDays = 370

export function openOwnAuthority(options: OwnAuthorityOptions): TlsIdentity {
  mkdirSync(options.folder, { recursive: true })
  const caFile = join(options.folder, 'ca.crt')
  const authority = openAuthority(options, caFile)
  return { ...openServerCertificate(options, authority, readCertificate(caFile)), caFile }
}

function openAuthority({ folder, log }: OwnAuthorityOptions, caFile: string): Authority {
  const keyFile = join(folder, 'ca.key')
  if (existsSync(caFile) && !existsSync(keyFile))
    throw new PlatformError(
      'bad-configuration',
      `${caFile} has no key beside it. Restore ${keyFile}, or remove ca.crt too: then a new authority is made, and every client needs its ca.crt.`,
    )
  const privateKey = openKey(keyFile, log)
  if (!existsSync(caFile)) {
    const subject = {
      commonName: `Event store authority ${randomBytes(4).toString('hex')}`,
      publicKey: createPublicKey(privateKey),
      validFrom: authorityValidFrom,
      validUntil: authorityValidUntil,
    }
    beginPublicFile(caFile, issueAuthorityCertificate(subject, privateKey))
    log.info('A certificate authority was made. Give clients its certificate', { caFile })
  }
  const certificate = readCertificate(caFile)
  if (!certificate.checkPrivateKey(privateKey))
    throw new PlatformError('bad-configuration', `${caFile} does not belong to ${keyFile}. Restore the two together.`)
  return { commonName: certificate.subject.replace(/^CN=/, ''), privateKey }
}

function openServerCertificate(
  { folder, names, now, log }: OwnAuthorityOptions,
  authority: Authority,
  ca: X509Certificate,
): Pick<TlsIdentity, 'certificate' | 'key' | 'validUntil'> {
  const certificateFile = join(folder, 'server.crt')
  const privateKey = openKey(join(folder, 'server.key'), log)
  if (!isUsable(certificateFile, { privateKey, ca, names, now })) {
    const subject = {
      commonName: names.find((name) => isIP(name) === 0) ?? 'Event store',
      publicKey: createPublicKey(privateKey),
      validFrom: new Date(now - backDatedDays * dayMs),
      validUntil: new Date(now + serverValidDays * dayMs),
    }
    writePublicFile(certificateFile, issueServerCertificate(subject, names, authority))
    log.info('A server certificate was made', { names: names.join(', '), validUntil: subject.validUntil.toISOString() })
  }
  const certificate = readFileSync(certificateFile)
  return {
    certificate,
    key: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    validUntil: new X509Certificate(certificate).validToDate.getTime(),
  }
}

type Wanted = {
  readonly privateKey: KeyObject
  readonly ca: X509Certificate
  readonly names: readonly string[]
  readonly now: number
}

function isUsable(file: string, { privateKey, ca, names, now }: Wanted): boolean {
  if (!existsSync(file)) return false
  const certificate = readCertificate(file)
  const startsAt = certificate.validFromDate.getTime()
  const endsAt = certificate.validToDate.getTime()
  return (
    certificate.checkPrivateKey(privateKey) &&
    certificate.checkIssued(ca) &&
    certificate.verify(ca.publicKey) &&
    startsAt <= now &&
    now + renewalDays * dayMs <= endsAt &&
    names.every((name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)))
  )
}

function readCertificate(file: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(file))
  } catch (cause) {
    throw new PlatformError('bad-configuration', `${file} is no certificate. Restore it.`, { facts: { file }, cause })
  }
}

function openKey(file: string, log: Log): KeyObject {
  if (!existsSync(file)) beginPrivateFile(file, String(generateKey().export({ type: 'pkcs8', format: 'pem' })))
  if (closeToOthers(file)) log.warning('A private key could be read by others; it cannot any more', { file })
  try {
    return createPrivateKey(readFileSync(file))
  } catch (cause) {
    throw new PlatformError('bad-configuration', `${file} is no private key. Restore it.`, { facts: { file }, cause })
  }
}
