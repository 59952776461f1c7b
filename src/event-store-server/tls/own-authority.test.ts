import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '#kernel/log.ts'
import { openOwnAuthority } from './own-authority.ts'

const dayMs = 24 * 3_600_000
const today = Date.parse('2026-11-21T12:00:00Z')
const someNames = ['localhost', '127.0.0.1', '::1', 'store.example']

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-tls-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (now = today, names = someNames) => openOwnAuthority({ folder, names, now, log: silentLog })
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const remove = (name: string) => rmSync(join(folder, name))

describe('our own authority', () => {
  test('vouches for every name and address of the server, and for no other', () => {
    const certificate = new X509Certificate(open().certificate)
    const ca = new X509Certificate(read('ca.crt'))
    expect(certificate.verify(ca.publicKey)).toBe(true)
    expect(certificate.checkIssued(ca)).toBe(true)
    expect([ca.ca, certificate.ca]).toEqual([true, false])
    expect(certificate.checkHost('store.example')).toBe('store.example')
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(certificate.checkIP('::1')).toBe('::1')
    expect(certificate.checkHost('other.example')).toBeUndefined()
    expect(certificate.checkIP('127.0.0.2')).toBeUndefined()
  })

  test('is kept, and so is the certificate, from start to start', () => {
    const first = open()
    const again = open(today + 300 * dayMs)
    expect(again.certificate.equals(first.certificate)).toBe(true)
    expect(again.key.equals(first.key)).toBe(true)
  })

  test.each([
    ['near its end', today + 421 * dayMs, someNames],
    ['past its end', today + 5_000 * dayMs, someNames],
    ['not yet valid, because the clock was put back', today - 400 * dayMs, someNames],
    ['without a name the server has now', today, [...someNames, 'new.example']],
  ])('renews a certificate that is %s, and clients go on trusting it', (_, now, names) => {
    const ca = new X509Certificate(open().certificate && read('ca.crt'))
    const renewed = new X509Certificate(open(now, names).certificate)
    expect(renewed.validFromDate.getTime()).toBeLessThan(now)
    expect(renewed.validToDate.getTime()).toBeGreaterThan(now + 370 * dayMs)
    expect(renewed.verify(ca.publicKey)).toBe(true)
    expect(read('ca.crt')).toBe(ca.toString())
  })

  test('was valid before any clock says it is now, and will be', () => {
    open(0)
    const ca = new X509Certificate(read('ca.crt'))
    expect([ca.validFromDate.getUTCFullYear(), ca.validToDate.getUTCFullYear()]).toEqual([2000, 2099])
  })

  test('keeps its keys from others', () => {
    open()
    chmodSync(join(folder, 'ca.key'), 0o644)
    open()
    for (const name of ['ca.key', 'server.key']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'ca.crt')).mode & 0o777).toBe(0o644)
  })

  test.each(['ca.crt', 'server.crt', 'server.key', 'server.key server.crt', 'ca.crt server.crt'])(
    'completes what a crash left without %s',
    (missing) => {
      open()
      for (const name of missing.split(' ')) remove(name)
      const { certificate, key } = open()
      const parsed = new X509Certificate(certificate)
      expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true)
      expect(parsed.verify(new X509Certificate(read('ca.crt')).publicKey)).toBe(true)
    },
  )

  test('refuses to go on with parts that do not belong together, and says what to do', () => {
    open()
    const key = read('server.key')
    remove('ca.key')
    expect(() => open()).toThrow('Restore')
    writeFileSync(join(folder, 'ca.key'), key)
    expect(() => open()).toThrow('does not belong to')
    writeFileSync(join(folder, 'ca.key'), 'no key')
    expect(() => open()).toThrow('is no private key')
  })
})
