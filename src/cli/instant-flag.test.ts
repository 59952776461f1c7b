import { expect, test } from 'bun:test'
import { toInstantText } from './instant-flag.ts'

const now = Date.UTC(2026, 3, 7, 12)
const read = (text: string) => toInstantText('--from', text, now)

test.each([
  ['3h', '2026-04-07T09:00:00.000Z'],
  ['7d', '2026-03-31T12:00:00.000Z'],
  ['90 min', '2026-04-07T10:30:00.000Z'],
  ['2026-03-31T14:00:00Z', '2026-03-31T14:00:00.000Z'],
  ['2026-03-31T16:00+02:00', '2026-03-31T14:00:00.000Z'],
  ['2026-03-31 14:00:00.25Z', '2026-03-31T14:00:00.250Z'],
])('%s is %s', (text, wanted) => expect(read(text)).toBe(wanted))

test('without a zone it is a time of this machine, and a date is its beginning', () => {
  expect(read('2026-03-31')).toBe(new Date(2026, 2, 31).toISOString())
  expect(read('2026-03-31 14:30')).toBe(new Date(2026, 2, 31, 14, 30).toISOString())
})

test.each(['', 'yesterday', '2026-13-01', '31.3.2026', '3x', '2026-03-31T25:00'])(
  '"%s" is refused with examples',
  (text) => expect(() => read(text)).toThrow(`--from is "${text}": wanted an instant such as`),
)
