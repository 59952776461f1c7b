import { expect, test } from 'bun:test'
import { fromPostgresText } from './instant.ts'

test.each([
  ['2026-11-21 12:00:00.123456+00', '2026-11-21T12:00:00.123Z'],
  ['2026-11-21 12:00:00+00', '2026-11-21T12:00:00.000Z'],
  ['2026-11-21 12:00:00-03', '2026-11-21T15:00:00.000Z'],
  ['2026-11-21 17:30:00+05:30', '2026-11-21T12:00:00.000Z'],
  ['0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000Z'],
])('reads %s', (text, wanted) => expect(fromPostgresText(text)).toBe(wanted))
