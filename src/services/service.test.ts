import { expect, test } from 'bun:test'
import { combineHealth } from './service.ts'

test('a whole is ready when all its parts are', () => {
  expect(combineHealth([{ name: 'logic', state: 'ready', words: 'connected' }]).state).toBe('ready')
})

test('a whole with a part away is degraded, in the words of that part', () => {
  const health = combineHealth([
    { name: 'logic', state: 'degraded', words: 'away' },
    { name: 'event store', state: 'ready', words: 'connected' },
  ])
  expect(health).toMatchObject({ state: 'degraded', words: 'logic: away' })
})

test('a stopped part degrades the whole, it does not stop it', () => {
  expect(combineHealth([{ name: 'inbox', state: 'stopped', words: 'failed' }]).state).toBe('degraded')
})

test('trouble that stays its own degrades the whole, which takes work all the same', () => {
  const plugin = { name: 'plugin inbox', state: 'stopped', words: 'failed', isApart: true } as const
  expect(combineHealth([plugin])).toMatchObject({ state: 'degraded', takesWork: true })
  const logic = { name: 'logic', state: 'degraded', words: 'away' } as const
  expect(combineHealth([plugin, logic])).toMatchObject({ state: 'degraded', takesWork: false })
})
