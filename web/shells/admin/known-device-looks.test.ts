import { expect, test } from 'bun:test'
import {
  byNeed,
  clockWords,
  deviceConcerns,
  deviceLook,
  isDeviceFound,
  isShown,
  troubleWords,
  versionWords,
} from './known-device-looks.ts'
import { deviceRow } from './testing/device-row.ts'

const dayMs = 24 * 60 * 60 * 1_000
const now = 400 * dayMs
const away = (days: number) => ({ isOnline: false, lastContactAt: now - days * dayMs })

test('a device that stays silent with unsent work stands out, one that is only silent does not', () => {
  expect(deviceLook(deviceRow({ ...away(2), leftCount: 3 }), now)).toEqual({
    tone: 'alarm',
    title: 'Silent with unsent work',
  })
  expect(deviceLook(deviceRow({ ...away(0.5), leftCount: 3 }), now).tone).toBe('waiting')
  expect(deviceLook(deviceRow({ leftCount: 3 }), now)).toEqual({ tone: 'busy', title: 'Sending' })
  expect(deviceLook(deviceRow(away(100)), now)).toEqual({ tone: 'idle', title: 'Silent' })
  expect(deviceConcerns(deviceRow({ ...away(2), leftCount: 1 }), now)[0]?.words).toContain('1 action is on it')
  expect(deviceConcerns(deviceRow(away(100)), now)).toEqual([])
})

test('lost work, waiting actions and a wrong clock are said in words, the worst first', () => {
  const device = deviceRow({
    storageLostAt: now - dayMs,
    lostCount: 2,
    attentionCount: 1,
    clockOffsetMs: -26 * 3_600_000,
  })
  expect(deviceLook(device, now).title).toBe('Work was lost')
  const [lost, waits, clock] = troubleWords(device, now)
  expect(lost).toContain('with 2 actions on it')
  expect(waits).toContain('1 action was refused or cannot be sent as it is')
  expect(clock).toContain('26 h slow')
  expect(troubleWords(deviceRow({ storageLostAt: now - 31 * dayMs, lostCount: 2 }), now)).toEqual([])
  expect(clockWords({ clockOffsetMs: 90_000 })).toBe('right')
})

test('how far behind an app is is counted, and said where nobody knows', () => {
  expect([0, 1, 4, null].map((versionsBehind) => versionWords({ versionsBehind }))).toEqual([
    'up to date',
    '1 version behind',
    '4 versions behind',
    'never ran here',
  ])
})

test('each filter shows what it says', () => {
  const devices = {
    fine: deviceRow(),
    waits: deviceRow({ attentionCount: 1 }),
    unsent: deviceRow({ leftCount: 1 }),
    silent: deviceRow(away(8)),
    old: deviceRow({ versionsBehind: 2 }),
  }
  const shown = (filter: Parameters<typeof isShown>[1]) =>
    Object.entries(devices).flatMap(([name, device]) => (isShown(device, filter, now) ? [name] : []))
  expect(shown('all')).toEqual(['fine', 'waits', 'unsent', 'silent', 'old'])
  expect(shown('attention')).toEqual(['waits'])
  expect(shown('unsent')).toEqual(['unsent'])
  expect(shown('silent')).toEqual(['silent'])
  expect(shown('old')).toEqual(['old'])
})

test('what needs somebody comes first, then what was heard of last; words find it', () => {
  const rows = [
    deviceRow({ id: 'quiet', ...away(3) }),
    deviceRow({ id: 'online' }),
    deviceRow({ id: 'waits', attentionCount: 1 }),
    deviceRow({ id: 'alarm', leftCount: 2, ...away(3) }),
    deviceRow({ id: 'quiet-lately', ...away(1) }),
  ]
  expect(rows.toSorted(byNeed(now)).map(({ id }) => id)).toEqual(['alarm', 'waits', 'online', 'quiet-lately', 'quiet'])
  expect(isDeviceFound(deviceRow({ user: 'ada', app: 'field' }), 'FIELD ada', now)).toBe(true)
  expect(isDeviceFound(deviceRow({ user: 'ada', app: 'field' }), 'office', now)).toBe(false)
})
