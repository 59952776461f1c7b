import { expect, test } from 'bun:test'
import { describeError } from '#kernel/platform-error.ts'
import { isConnectionLoss, toDatabaseError } from './connection-loss.ts'

const withFacts = (facts: object): Error => Object.assign(new Error('10.0.0.7 said no'), facts)

test.each([
  ['a closed connection', { code: 'CONNECTION_CLOSED' }, true],
  ['a connection that took too long', { code: 'CONNECT_TIMEOUT' }, true],
  ['a refused one', { code: 'ECONNREFUSED', syscall: 'connect' }, true],
  ['the last words of a server', { code: '57P01', severity: 'FATAL' }, true],
  ['a statement that was refused', { code: '23505', severity: 'ERROR' }, false],
  ['a bug of ours', {}, false],
])('%s is told from the rest', (_, facts, isLoss) => {
  expect(isConnectionLoss(withFacts(facts))).toBe(isLoss)
})

test('a lost connection is called unavailable, and only the log says which', () => {
  const error = toDatabaseError(withFacts({ code: 'ECONNREFUSED' }))
  expect(error).toMatchObject({ kind: 'unavailable', message: 'The database cannot be reached just now.' })
  expect(describeError(error)).toContain('10.0.0.7')
})
