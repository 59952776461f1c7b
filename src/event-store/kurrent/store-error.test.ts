import { expect, test } from 'bun:test'
import { toStoreError } from './store-error.ts'

const kindOf = (error: unknown) => toStoreError(error, 'Appending to a').kind

test('a wrong revision is a conflict that says what was expected and what was found', () => {
  const error = { type: 'wrong-expected-version', expectedState: 4n, actualState: 'no_stream' }
  const failure = toStoreError(error, 'Appending to a', { stream: 'a', expected: 4 })
  expect(failure.kind).toBe('revision-conflict')
  expect(failure.facts).toEqual({ stream: 'a', expected: 4, found: 'no-stream' })
})

test('a lost connection is unavailable, whether the client knows a type for it or only a code', () => {
  expect(kindOf({ type: 'unavailable' })).toBe('unavailable')
  expect(kindOf(Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }))).toBe('unavailable')
  expect(kindOf({ type: 'not-leader' })).toBe('unavailable')
})

test('a damaged record is no lost store, whoever of the client says so: trying again would give the same', () => {
  const words = 'The event at position 1981 does not match its checksum. Restore the store from a backup.'
  for (const error of [
    Object.assign(new Error(`Unmapped gRPC error: code: The system, message: ${words}.`), { type: 'unknown' }),
    Object.assign(new Error(`9 FAILED_PRECONDITION: ${words}`), { code: 9 }),
  ]) {
    const failure = toStoreError(error, 'Reading')
    expect(failure.kind).toBe('store-damaged')
    expect(failure.message).toBe('Reading failed: The event at position 1981 does not match its checksum.')
  }
  expect(kindOf(Object.assign(new Error('15 DATA_LOSS: chunk 7'), { code: 15 }))).toBe('store-damaged')
})

test('sizes, rights and deadlines keep their own kinds', () => {
  expect(kindOf({ type: 'maximum-append-size-exceeded', maxAppendSize: 1 })).toBe('too-large')
  expect(kindOf({ code: 8 })).toBe('too-large')
  expect(kindOf({ type: 'access-denied' })).toBe('forbidden')
  expect(kindOf({ code: 16 })).toBe('forbidden')
  expect(kindOf({ type: 'deadline-exceeded', code: 4 })).toBe('timeout')
})

test('what is a platform error already stays what it is', () => {
  const error = toStoreError({ code: 14 }, 'Reading')
  expect(toStoreError(error, 'Appending')).toBe(error)
})
