import { expect, test } from 'bun:test'
import { withKeepAlive, withoutCredentials } from './kurrent-client.ts'

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
})
