import { expect, test } from 'bun:test'
import {
  environmentForPluginCode,
  environmentVariables,
  findMistypedVariables,
  readEnvironment,
} from './environment.ts'

test('an empty variable counts as not set, and strangers are left out', () => {
  expect(readEnvironment({ PEEK_HOME: '/x', DATABASE_URL: '', PATH: '/bin' })).toEqual({ PEEK_HOME: '/x' })
})

test('a mistyped variable is named with the one that was meant', () => {
  expect(findMistypedVariables({ PEEK_FEILD_PORT: '1', PATH: '/bin' })).toEqual([
    'The environment variable PEEK_FEILD_PORT is not known; did you mean PEEK_FIELD_PORT?',
  ])
})

test('what runs the code of plugins is given no secret and no address, but finds programs and the way out', () => {
  const own = Object.fromEntries(Object.keys(environmentVariables).map((name) => [name, 'x']))
  const found = environmentForPluginCode({
    ...own,
    PATH: '/bin',
    HTTPS_PROXY: 'http://proxy:3128',
    TZ: '',
    AWS_SECRET_ACCESS_KEY: 'x',
    PGPASSWORD: 'x',
  })
  expect(found).toEqual({ PATH: '/bin', HTTPS_PROXY: 'http://proxy:3128', NO_COLOR: 'x' })
})
