import { expect, test } from 'bun:test'
import { connectionLook } from './connection-look.ts'

const reachable = { online: true, words: '' }

test('only an abnormal connection has a colour', () => {
  const tone = (state: 'connecting' | 'online' | 'offline' | 'refused', upstream = reachable) =>
    connectionLook({ state, words: '', upstream }).tone
  expect([tone('online'), tone('connecting')]).toEqual(['normal', 'busy'])
  expect([tone('offline'), tone('refused')]).toEqual(['warning', 'alarm'])
  expect(tone('online', { online: false, words: '' })).toBe('warning')
})

test('a server that cannot reach logic is not shown as simply online', () => {
  const look = connectionLook({ state: 'online', words: '', upstream: { online: false, words: 'Logic restarts.' } })
  expect(look).toEqual({ tone: 'warning', title: 'Logic unreachable', words: 'Logic restarts.' })
})

test('while offline, what lies behind the server is not known and not judged', () => {
  expect(connectionLook({ state: 'offline', words: '', upstream: { online: false, words: '' } }).title).toBe('Offline')
})
