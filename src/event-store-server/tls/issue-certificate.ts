/**
 * X.509 certificates with elliptic keys (P-256): an authority that signs itself, and servers it vouches for.
 *
 * Promises: what is made here is accepted by OpenSSL, BoringSSL and rustls, the libraries inside the clients; the integration
 * tests connect with each. Needs nothing but `node:crypto`: keys and signatures are made there, here they are only arranged.
 */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { toAddressBytes } from './address-bytes.ts'
import {
  derBits,
  derBoolean,
  derInteger,
  derObjectId,
  derOctets,
  derSequence,
  derSet,
  derTagged,
  derText,
  derTime,
} from './der.ts'

/** What is certified: a name, its key, and for how long. */
export type CertificateSubject = {
  readonly commonName: string
  readonly publicKey: KeyObject
  readonly validFrom: Date
  readonly validUntil: Date
}

export type Authority = { readonly commonName: string; readonly privateKey: KeyObject }

const serialBytes = 16

export function generateKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
}

/** An authority's own certificate, in PEM. It may sign servers, not other authorities. */
export function issueAuthorityCertificate(subject: CertificateSubject, privateKey: KeyObject): string {
  const isAuthority = derSequence(derBoolean(true), derInteger(Buffer.of(0)))
  return issue(subject, { commonName: subject.commonName, privateKey }, [
    critical('2.5.29.19', isAuthority),
    // Signs certificates and their revocation: bits 5 and 6.
    critical('2.5.29.15', derBits(Buffer.of(0b0000_0110), 1)),
    extension('2.5.29.14', derOctets(toKeyId(subject.publicKey))),
  ])
}

/** A server's certificate, in PEM, for the host names and addresses it may be called by. */
export function issueServerCertificate(
  subject: CertificateSubject,
  names: readonly string[],
  authority: Authority,
): string {
  const authorityKeyId = toKeyId(createPublicKey(authority.privateKey))
  return issue(subject, authority, [
    critical('2.5.29.19', derSequence()),
    // Signs handshakes: bit 0.
    critical('2.5.29.15', derBits(Buffer.of(0b1000_0000), 7)),
    extension('2.5.29.37', derSequence(derObjectId('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', derSequence(...names.map(toAlternativeName))),
    extension('2.5.29.14', derOctets(toKeyId(subject.publicKey))),
    extension('2.5.29.35', derSequence(derTagged(0, 'primitive', authorityKeyId))),
  ])
}

function issue(subject: CertificateSubject, authority: Authority, extensions: readonly Buffer[]): string {
  const ecdsaWithSha256 = derSequence(derObjectId('1.2.840.10045.4.3.2'))
  const version3 = derTagged(0, 'wrapped', derInteger(Buffer.of(2)))
  const toBeSigned = derSequence(
    version3,
    derInteger(randomBytes(serialBytes)),
    ecdsaWithSha256,
    toName(authority.commonName),
    derSequence(derTime(subject.validFrom), derTime(subject.validUntil)),
    toName(subject.commonName),
    exportKey(subject.publicKey),
    derTagged(3, 'wrapped', derSequence(...extensions)),
  )
  const signature = sign('sha256', toBeSigned, authority.privateKey)
  return toPem(derSequence(toBeSigned, ecdsaWithSha256, derBits(signature)))
}

function critical(id: string, value: Buffer): Buffer {
  return derSequence(derObjectId(id), derBoolean(true), derOctets(value))
}

function extension(id: string, value: Buffer): Buffer {
  return derSequence(derObjectId(id), derOctets(value))
}

function toName(commonName: string): Buffer {
  return derSequence(derSet(derSequence(derObjectId('2.5.4.3'), derText(commonName))))
}

function toAlternativeName(name: string): Buffer {
  if (isIP(name) !== 0) return derTagged(7, 'primitive', toAddressBytes(name))
  return derTagged(2, 'primitive', Buffer.from(name, 'latin1'))
}

/** Any value that differs from key to key will do. */
function toKeyId(publicKey: KeyObject): Buffer {
  return createHash('sha256').update(exportKey(publicKey)).digest().subarray(0, 20)
}

function exportKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' })
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
