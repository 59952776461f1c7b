import { expect, test } from 'bun:test'
import { toEndAt } from './end-flag.ts'

const now = Date.UTC(2026, 3, 7, 12)
const hour = 3_600_000

test('an end is some time from now, the end of a day here, or never', () => {
  expect(toEndAt('--ends', '90d', now)).toBe(now + 90 * 24 * hour)
  expect(toEndAt('--ends', '12h', now)).toBe(now + 12 * hour)
  expect(toEndAt('--ends', '2w', now)).toBe(now + 14 * 24 * hour)
  expect(toEndAt('--ends', '2026-12-31', now)).toBe(new Date(2026, 11, 31, 23, 59, 59, 999).getTime())
  expect(toEndAt('--ends', 'never', now)).toBeNull()
})

test.each(['', '0d', '90', '90 days', '2026-02-31x', '2026-13-01', 'tomorrow', '-3d'])('"%s" is none', (text) => {
  expect(() => toEndAt('--ends', text, now)).toThrow('wanted 90d')
})

test('what is past is refused as such', () => {
  expect(() => toEndAt('--ends', '2026-01-01', now)).toThrow('which is past')
})
