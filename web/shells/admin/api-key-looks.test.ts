import { expect, test } from 'bun:test'
import { keyLook, rateOf, scopesError, typedScopes } from './api-key-looks.ts'
import type { ApiKey } from './api-keys-api.ts'

const key: ApiKey = {
  id: 'k',
  start: 'peek_…',
  name: 'ERP',
  scopes: [],
  requestsPerMinute: 60,
  madeBy: 'ann',
  madeAt: 0,
  expiresAt: null,
  revokedBy: null,
  revokedAt: null,
  lastUsedAt: null,
}
const day = 24 * 3_600_000

test('a key has a colour only when somebody has to do something about it', () => {
  const tones = [null, 20 * day, 3 * day, -1].map((at) => keyLook({ ...key, expiresAt: at }, 0).tone)
  expect(tones).toEqual(['normal', 'normal', 'warning', 'alarm'])
  expect(keyLook({ ...key, expiresAt: -1, revokedAt: 5 }, 10)).toEqual({ tone: 'idle', title: 'Revoked' })
  expect(keyLook({ ...key, expiresAt: 3 * day }, 0).title).toBe('Ends in 3 days')
})

test('typed scopes are taken as people write lists, and a wrong one is named', () => {
  expect(typedScopes(' meters:read, meters:write\nshop:orders ')).toEqual([
    'meters:read',
    'meters:write',
    'shop:orders',
  ])
  expect(scopesError(['meters:read'])).toBeUndefined()
  expect(scopesError(['meters:read', 'Meters'])).toContain('“Meters”')
})

test('a rate is a whole number of requests', () => {
  expect(['60', ' 1 ', '0', '1.5', '-3', 'many', '100001'].map(rateOf)).toEqual([60, 1, ...Array(5).fill(undefined)])
})
