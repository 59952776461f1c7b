import { expect, test } from 'bun:test'
import { findMistypedVariables, readEnvironment } from './environment.ts'

test('an empty variable counts as not set, and strangers are left out', () => {
  expect(readEnvironment({ PEEK_HOME: '/x', DATABASE_URL: '', PATH: '/bin' })).toEqual({ PEEK_HOME: '/x' })
})

test('a mistyped variable is named with the one that was meant', () => {
  expect(findMistypedVariables({ PEEK_FEILD_PORT: '1', PATH: '/bin' })).toEqual([
    'The environment variable PEEK_FEILD_PORT is not known; did you mean PEEK_FIELD_PORT?',
  ])
})
