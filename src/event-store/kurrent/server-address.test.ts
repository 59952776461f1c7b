import { expect, test } from 'bun:test'
import { isPlatformError } from '#kernel/platform-error.ts'
import { parseServerAddress } from './server-address.ts'

test('one host is the server itself', () => {
  expect(parseServerAddress('kurrentdb://127.0.0.1:2114?tls=false')).toMatchObject({
    hosts: ['127.0.0.1:2114'],
    isCluster: false,
    isSecure: false,
    credentials: undefined,
  })
})

test('the connection is secure unless it says otherwise, and what proves both sides is taken over', () => {
  const address = parseServerAddress(
    'esdb://admin:ch%40nge:it@db.example/?tlsCAFile=/ca.crt&UserCertFile=/me.crt&userKeyFile=/me.key&tlsVerifyCert=false',
  )
  expect(address).toEqual({
    hosts: ['db.example:2113'],
    isCluster: false,
    isSecure: true,
    verifiesCertificate: false,
    caFile: '/ca.crt',
    certificateFile: '/me.crt',
    keyFile: '/me.key',
    credentials: { user: 'admin', password: 'ch@nge:it' },
  })
})

test('several hosts, or a name to be discovered, are a cluster', () => {
  expect(parseServerAddress('kurrentdb://a:1,b,c:3')).toMatchObject({
    hosts: ['a:1', 'b:2113', 'c:3'],
    isCluster: true,
  })
  expect(parseServerAddress('kurrentdb+discover://cluster.example')).toMatchObject({ isCluster: true })
})

test('what is no connection string is refused without showing the password', () => {
  const attempt = () => parseServerAddress('http://admin:secret@host')
  expect(attempt).toThrow()
  try {
    attempt()
  } catch (error) {
    expect(isPlatformError(error, 'bad-configuration')).toBe(true)
    expect(String(error)).not.toContain('secret')
  }
})
