import { expect, test } from 'bun:test'
import { createKurrentClient, loadKurrent, withKeepAlive, withoutCredentials } from './kurrent-client.ts'

test('a connection string gets the pings that notice a silent server, unless it says otherwise', () => {
  const pings = 'keepAliveInterval=10000&keepAliveTimeout=10000'
  expect(withKeepAlive('kurrentdb://host:1')).toBe(`kurrentdb://host:1?${pings}`)
  expect(withKeepAlive('kurrentdb://host:1?tls=false')).toBe(`kurrentdb://host:1?tls=false&${pings}`)
  expect(withKeepAlive('kurrentdb://host:1?keepaliveinterval=5&keepAliveTimeout=6')).toBe(
    'kurrentdb://host:1?keepaliveinterval=5&keepAliveTimeout=6',
  )
})

test('credentials never reach a log or an error', () => {
  expect(withoutCredentials('at kurrentdb://admin:secret@host:1?tls=true')).toBe('at kurrentdb://***@host:1?tls=true')
  for (const password of ['se cret', 'se@cret', 'se/cret', 'se?cret'])
    expect(withoutCredentials(`kurrentdb://admin:${password}@host:1`)).toBe('kurrentdb://***@host:1')
})

test('credentials the native reader would take for others are refused, and not shown', async () => {
  const kurrent = await loadKurrent()
  for (const password of ['a%20secret', 'a@secret']) {
    const open = () => createKurrentClient(kurrent, `kurrentdb://admin:${password}@localhost:1?tls=true`)
    expect(open).toThrow('must be escaped')
    expect(open).not.toThrow('secret')
  }
})
