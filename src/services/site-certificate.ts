import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { PartHealth } from './service.ts'

/** In PEM, with the certificates between it and its authority behind it. */
export type SiteCertificate = { readonly certificate: string; readonly key: string; readonly validUntil: number }

/**
 * What a site shows who it is, from two files that an administrator keeps.
 *
 * Promises: begins only with a certificate and a key that belong together; takes renewed files within a minute, without a
 * restart, and goes on with the old ones as long as the new ones are wrong; says when the end is near; `stop` ends it.
 */
export interface SiteCertificates {
  current(): SiteCertificate
  /** Told each renewed one. */
  onRenewed(listener: (renewed: SiteCertificate) => void): void
  health(): PartHealth
  stop(): void
}

export type CertificateFiles = { readonly certificateFile: string; readonly keyFile: string }

const lookEveryMs = 60_000
const dayMs = 86_400_000
const endIsNearMs = 14 * dayMs

/** Undefined where none is named: then the site speaks plain HTTP. Throws `bad-configuration`. */
export function openSiteCertificates(options: {
  readonly files: CertificateFiles
  /** Relative paths begin here. */
  readonly folder: string
  /** Of the options, for errors. */
  readonly key: string
  readonly clock: Clock
  readonly log: Log
}): SiteCertificates | undefined {
  const { folder, key, clock, log } = options
  const { certificateFile, keyFile } = options.files
  if (certificateFile === '' && keyFile === '') return undefined
  if (certificateFile === '' || keyFile === '') {
    const [set, unset] = certificateFile === '' ? ['keyFile', 'certificateFile'] : ['certificateFile', 'keyFile']
    throw refuse(
      `"${key}.${set}" is set and "${key}.${unset}" is not: a site over TLS needs both, one over HTTP neither.`,
    )
  }
  const files = { certificateFile: resolve(folder, certificateFile), keyFile: resolve(folder, keyFile) }
  const listeners = new Set<(renewed: SiteCertificate) => void>()
  let current = readCertificate(files)
  let seen = signOf(files)
  let trouble: string | undefined
  let cancel: () => void = () => undefined

  const look = (): void => {
    const found = signOf(files)
    if (found === seen) return
    try {
      current = readCertificate(files)
      for (const listener of listeners) listener(current)
      log.info('the site shows a renewed certificate', { validUntil: new Date(current.validUntil).toISOString() })
      trouble = undefined
      seen = found
    } catch (error) {
      // Of two files one is often written before the other: looked at again until they fit.
      const words = describeError(error)
      if (trouble !== words)
        log.warning('a renewed certificate cannot be used, the old one goes on', { because: words })
      trouble = words
    }
  }
  const schedule = (): void => {
    cancel = clock.after(lookEveryMs, () => {
      look()
      schedule()
    })
  }
  schedule()
  return {
    current: () => current,
    onRenewed: (listener) => void listeners.add(listener),
    health: () => toHealth(current.validUntil - clock.now(), trouble),
    stop: () => cancel(),
  }
}

function toHealth(leftMs: number, trouble: string | undefined): PartHealth {
  const days = Math.floor(Math.abs(leftMs) / dayMs)
  const words = leftMs < 0 ? `ended ${days} days ago: renew it` : `valid for ${days} days`
  const name = 'certificate'
  const isFine = leftMs > endIsNearMs && trouble === undefined
  if (isFine) return { name, state: 'ready', words }
  // Somebody should see to it; until it has ended the site works as ever.
  const said = trouble === undefined ? words : `${words}; the new one: ${trouble}`
  return { name, state: 'degraded', words: said, isApart: leftMs > 0 }
}

/** Changes when either file is written or replaced. */
function signOf({ certificateFile, keyFile }: CertificateFiles): string {
  return [certificateFile, keyFile]
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .map((found) => (found ? `${found.ino} ${found.size} ${found.mtimeMs}` : 'gone'))
    .join('; ')
}

function readCertificate({ certificateFile, keyFile }: CertificateFiles): SiteCertificate {
  const certificate = readText(certificateFile)
  const key = readText(keyFile)
  if (process.platform !== 'win32' && (statSync(keyFile).mode & 0o007) !== 0)
    throw refuse(`${keyFile} may be read by everybody on this machine: take that right away (chmod o-rwx).`)
  const parsed = parse(
    () => new X509Certificate(certificate),
    `${certificateFile} holds no certificate in PEM ("-----BEGIN CERTIFICATE-----").`,
  )
  if (!parsed.checkPrivateKey(readKey(keyFile, key)))
    throw refuse(`${keyFile} is not the key of ${certificateFile}: name the two that belong together.`)
  return { certificate, key, validUntil: parsed.validToDate.getTime() }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw refuse(`${file} cannot be read (${code}): check the path, and that the user of this service may read it.`)
  }
}

function readKey(file: string, text: string): KeyObject {
  if (/ENCRYPTED/.test(text)) throw refuse(`${file} is protected by a passphrase: give one that is not.`)
  return parse(() => createPrivateKey(text), `${file} holds no private key in PEM ("-----BEGIN PRIVATE KEY-----").`)
}

function parse<T>(work: () => T, words: string): T {
  try {
    return work()
  } catch {
    // What the parser says may hold a piece of the key.
    throw refuse(words)
  }
}

function refuse(words: string): PlatformError {
  return new PlatformError('bad-configuration', words)
}
