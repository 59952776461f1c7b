import { expect, test } from 'bun:test'
import { PlatformError } from '#kernel/platform-error.ts'
import { toWireError } from './to-wire-error.ts'

test('V5 an operational failure keeps its kind and its sentence', () =>
  expect(toWireError(new PlatformError('out-of-order', 'Send a first.'))).toEqual({
    error: { kind: 'out-of-order', words: 'Send a first.' },
    isOurBug: false,
  }))

test('V5 a bug tells the caller nothing of itself', () => {
  const { error, isOurBug } = toWireError(new TypeError('password is hunter2'))
  expect(isOurBug).toBe(true)
  expect(error.kind).toBe('internal')
  expect(error.words).not.toContain('hunter2')
})

test('V2 what the far side said passes through a middle hop unchanged', () => {
  const error = { kind: 'forbidden', words: 'No.' } as const
  expect(toWireError(Object.assign(new Error('x'), { error }))).toEqual({ error, isOurBug: false })
  expect(toWireError(Object.assign(new Error('x'), { error: { kind: 'made-up', words: 'No.' } })).isOurBug).toBe(true)
})
