import { describe, expect, test } from 'bun:test'
import { checkReadiness, type ReadinessCheck, type ReadinessFacts, readinessVerdict } from './readiness.ts'

const now = 1_780_297_200_000
const ready: ReadinessFacts = {
  now,
  isOnline: true,
  shell: { support: 'kept', build: 'one', isWhole: true, fileCount: 9, sizeBytes: 9, missing: [], plugins: [] },
  hasUpdate: false,
  outbox: { unsent: 0, sending: 0, attention: 0, isSynced: true, highestSeq: 3, ackedSeq: 3 },
  isDurable: true,
  packs: [{ name: 'tutorial.All', title: 'All rows', plugin: 'tutorial', fetchedAt: now - 1_000, missingCount: 0 }],
  storage: { usedBytes: 1_000_000, quotaBytes: 900_000_000, isPersistent: true },
  clockOffsetMs: 400,
}
const [pack] = ready.packs

test('a device is ready when the app, the data, the room and the clock are, and everything has arrived', () => {
  const checks = checkReadiness(ready)
  expect(checks.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok'])
  expect(readinessVerdict(checks)).toEqual({ isReady: true, words: 'Ready to leave coverage.' })
})

describe('what is missing is named with what to do about it:', () => {
  const { outbox, shell } = ready
  test.each<[string, Partial<ReadinessFacts>, Partial<ReadinessCheck>]>([
    [
      'the app',
      { shell: { ...shell, isWhole: false, missing: ['/a.js'] } },
      { id: 'app', state: 'missing', todo: 'check-app' },
    ],
    ['https', { shell: { ...shell, isWhole: false, support: 'insecure' } }, { id: 'app', state: 'missing' }],
    ['an update', { hasUpdate: true }, { id: 'update', state: 'advice', todo: 'update' }],
    [
      'what was refused',
      { outbox: { ...outbox, attention: 2 } },
      { id: 'outbox', state: 'missing', todo: 'open-outbox' },
    ],
    ['what is on its way', { outbox: { ...outbox, unsent: 2, isSynced: false } }, { id: 'outbox', state: 'pending' }],
    [
      'what waits',
      { isOnline: false, outbox: { ...outbox, unsent: 2, isSynced: false } },
      { id: 'outbox', state: 'advice', todo: 'connect' },
    ],
    ['what nobody has looked at', { outbox: { ...outbox, isSynced: false } }, { id: 'outbox', state: 'pending' }],
    ['a browser that keeps anything', { isDurable: false }, { id: 'outbox', state: 'missing' }],
    [
      'a pack',
      { packs: [{ ...pack, name: 'a', title: 'A', plugin: 'p', missingCount: 3, fetchedAt: undefined }] },
      { id: 'packs', state: 'missing', todo: 'fetch-packs' },
    ],
    [
      'a part of a pack',
      { packs: ready.packs.map((one) => ({ ...one, missingCount: 1 })) },
      { id: 'packs', state: 'missing' },
    ],
    ['a pack of today', { now: now + 90_000_000 }, { id: 'packs', state: 'advice', todo: 'fetch-packs' }],
    ['room', { storage: { usedBytes: 99, quotaBytes: 100, isPersistent: true } }, { id: 'room', state: 'missing' }],
    [
      'storage that stays',
      { storage: { ...ready.storage, isPersistent: false } },
      { id: 'persistence', state: 'advice', todo: 'persist' },
    ],
    ['the right time', { clockOffsetMs: -86_400_000 }, { id: 'clock', state: 'missing' }],
  ])('%s', (_, change, expected) => {
    expect(checkReadiness({ ...ready, ...change }).find(({ state }) => state !== 'ok')).toMatchObject(expected)
  })
})

test('a clock that is off says by how much, and in which direction', () => {
  const words = (clockOffsetMs: number) =>
    checkReadiness({ ...ready, clockOffsetMs }).find(({ id }) => id === 'clock')?.words
  expect([words(86_400_000), words(-300_000)]).toEqual([
    expect.stringContaining('24 h ahead of the server'),
    expect.stringContaining('5 min behind the server'),
  ])
})

test('nothing missing and something under way is nearly ready; advice alone hinders nobody', () => {
  const verdict = (change: Partial<ReadinessFacts>) => readinessVerdict(checkReadiness({ ...ready, ...change }))
  expect(verdict({ outbox: { ...ready.outbox, unsent: 1 } }).words).toBe('Nearly ready: wait a moment.')
  expect(verdict({ hasUpdate: true }).isReady).toBe(true)
  expect(verdict({ isDurable: false }).words).toBe('Not ready: 2 things missing.')
})
