import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import {
  generateKey,
  issueAuthorityCertificate,
  issueServerCertificate,
} from '#event-store-server/tls/issue-certificate.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { createLog, type LogLine } from '#kernel/log.ts'
import { openSiteCertificates } from '#services/site-certificate.ts'
import { startSite } from '#services/start-site.ts'
import { makeHome } from '#support/make-home.ts'

/** A site over TLS, with files as an administrator keeps them. */

const dayMs = 86_400_000
const cleanUps: (() => unknown)[] = []
let folder: string
beforeEach(() => {
  folder = makeHome('peek-certificate-')
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  rmSync(folder, { recursive: true })
})

const authorityKey = generateKey()
const ca = issueAuthorityCertificate(subjectOf('Test authority', authorityKey, 100), authorityKey)

test('a site with a certificate speaks TLS, and whoever knows its authority believes it', async () => {
  write(generateKey(), 90)
  const { certificates } = open()
  const site = start(certificates)
  expect(site.url).toBe(`https://localhost:${site.port}`)
  expect(await (await fetch(site.url, { tls: { ca } })).text()).toBe('fine')
  expect(await fetch(site.url).catch((error: unknown) => error)).toBeInstanceOf(Error)
  expect(await fetch(`http://localhost:${site.port}`).catch((error: unknown) => error)).toBeInstanceOf(Error)
  expect(certificates?.health()).toEqual({ name: 'certificate', state: 'ready', words: 'valid for 90 days' })
})

test('renewed files are shown without a restart; files that do not fit are not, and the old ones go on', async () => {
  write(generateKey(), 5)
  const { certificates, clock, lines } = open()
  const site = start(certificates)
  expect(certificates?.health()).toMatchObject({ state: 'degraded', isApart: true, words: 'valid for 5 days' })
  const shownFor = async () => {
    expect(await (await fetch(site.url, { tls: { ca }, keepalive: false })).text()).toBe('fine')
    return certificates?.health().words
  }
  const before = await shownBy(site.port)

  const key = generateKey()
  writeFileSync(join(folder, 'site.key'), pemOf(key))
  clock.advance(60_000)
  expect(await shownFor()).toMatch(/^valid for 4 days; the new one: .*site\.key is not the key of/)
  expect(await shownBy(site.port)).toBe(before)
  clock.advance(60_000)
  expect(lines.filter(({ level }) => level === 'warning')).toHaveLength(1)
  writeFileSync(join(folder, 'site.pem'), certificateOf(key, 90))
  clock.advance(60_000)
  expect(await shownFor()).toBe('valid for 89 days')
  expect(await shownBy(site.port)).not.toBe(before)
  rmSync(join(folder, 'site.key'))
  clock.advance(60_000)
  expect(await shownFor()).toContain('cannot be read (ENOENT)')
})

test('a request that is under way when the certificate is renewed gets its answer', async () => {
  const key = generateKey()
  write(key, 5)
  const { certificates, clock } = open()
  const held = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const site = start(certificates, async (request) => {
    if (!request.url.endsWith('/slow')) return new Response('fine')
    begun.resolve()
    await held.promise
    return new Response('slow')
  })
  const slow = fetch(new URL('/slow', site.url), { tls: { ca } })
  await begun.promise
  writeFileSync(join(folder, 'site.pem'), certificateOf(key, 90))
  clock.advance(60_000)
  expect(await (await fetch(site.url, { tls: { ca }, keepalive: false })).text()).toBe('fine')
  held.resolve()
  expect(await (await slow).text()).toBe('slow')
})

test('what is wrong with the files is said with what to do, and never with a piece of the key', () => {
  expect(() => open({ keyFile: '' })).toThrow(
    '"httpServer.tls.certificateFile" is set and "httpServer.tls.keyFile" is not',
  )
  expect(open({ certificateFile: '', keyFile: '' }).certificates).toBeUndefined()
  expect(() => open()).toThrow(`${join(folder, 'site.pem')} cannot be read (ENOENT): check the path`)
  write(generateKey(), 90)
  writeFileSync(join(folder, 'site.key'), pemOf(generateKey()))
  expect(() => open()).toThrow('is not the key of')
  writeFileSync(join(folder, 'site.key'), '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n')
  expect(() => open()).toThrow('holds no private key in PEM')
  writeFileSync(
    join(folder, 'site.key'),
    '-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n-----END ENCRYPTED PRIVATE KEY-----\n',
  )
  expect(() => open()).toThrow('protected by a passphrase')
  writeFileSync(join(folder, 'site.pem'), 'hello')
  expect(() => open()).toThrow('holds no certificate in PEM')
  chmodSync(join(folder, 'site.key'), 0o644)
  expect(() => open()).toThrow('chmod o-rwx')
})

/** The fingerprint of what a client sees. */
function shownBy(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: 'localhost', ca, servername: 'localhost' }, () => {
      resolve(socket.getPeerCertificate().fingerprint256)
      socket.end()
    })
    socket.on('error', reject)
  })
}

function subjectOf(commonName: string, key: KeyObject, days: number) {
  const now = Date.now()
  const validFrom = new Date(now - dayMs)
  return { commonName, publicKey: createPublicKey(key), validFrom, validUntil: new Date(now + days * dayMs + 60_000) }
}

function certificateOf(key: KeyObject, days: number): string {
  const authority = { commonName: 'Test authority', privateKey: authorityKey }
  return issueServerCertificate(subjectOf('localhost', key, days), ['localhost'], authority)
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function write(key: KeyObject, days: number): void {
  writeFileSync(join(folder, 'site.pem'), certificateOf(key, days))
  writeFileSync(join(folder, 'site.key'), pemOf(key), { mode: 0o600 })
}

function open(files: { certificateFile?: string; keyFile?: string } = {}) {
  const clock = createFakeClock(Date.now())
  const lines: LogLine[] = []
  const certificates = openSiteCertificates({
    files: { certificateFile: 'site.pem', keyFile: 'site.key', ...files },
    folder,
    key: 'httpServer.tls',
    clock,
    log: createLog('site', (line) => lines.push(line)),
  })
  if (certificates) cleanUps.push(certificates.stop)
  return { certificates, clock, lines }
}

function start(
  certificates: ReturnType<typeof open>['certificates'],
  fetch: (request: Request) => Response | Promise<Response> = () => new Response('fine'),
) {
  const site = startSite({ host: 'localhost', port: 0, key: 'port', certificate: certificates?.current(), fetch })
  certificates?.onRenewed(site.show)
  cleanUps.push(site.stop)
  return site
}
