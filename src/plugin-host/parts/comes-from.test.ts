import { expect, test } from 'bun:test'
import { comesFrom } from './comes-from.ts'

function thrownIn(path: string, cause?: unknown): Error {
  const error = new Error('no luck', { cause })
  error.stack = `Error: no luck\n    at async tick (${path}:3:7)`
  return error
}

test('an error comes from where its stack says it was thrown or awaited', () => {
  expect(comesFrom(thrownIn('/plugins/a/field/tick.ts'), '/plugins/a')).toBe(true)
  expect(comesFrom(thrownIn('/plugins/ab/tick.ts'), '/plugins/a')).toBe(false)
  expect(comesFrom(thrownIn('/peek/src/rpc/call.ts'), '/plugins/a')).toBe(false)
})

test('what caused it counts as well, and causes that go in a circle end', () => {
  expect(comesFrom(thrownIn('/peek/src/rpc/call.ts', thrownIn('/plugins/a/tick.ts')), '/plugins/a')).toBe(true)
  const circle = thrownIn('/peek/src/rpc/call.ts')
  circle.cause = circle
  expect(comesFrom(circle, '/plugins/a')).toBe(false)
})

test('what is no error comes from nowhere', () => {
  expect(comesFrom('/plugins/a/tick.ts', '/plugins/a')).toBe(false)
  expect(comesFrom(undefined, '/plugins/a')).toBe(false)
})
