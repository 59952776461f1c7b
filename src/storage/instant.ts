/**
 * The column type for moments: `timestamptz` in Postgres, ISO text in UTC everywhere else, through drizzle as through
 * bulk reads. (`timestamp({ mode: 'string' })` is read by drizzle in Postgres' own spelling, which browsers parse as they
 * like; by bulk reads as ISO text. Rows that travel both ways want this one.)
 */
import { customType } from 'drizzle-orm/pg-core'
import { must } from '#kernel/assert.ts'
import { toIsoText } from './plain-values.ts'

export const instantSqlType = 'timestamp with time zone'

export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => instantSqlType,
  fromDriver: fromPostgresText,
})

/** From `2026-11-21 12:00:00.123456+00`: Postgres leaves out what is zero, also the minutes of the zone. */
export function fromPostgresText(text: string): string {
  const zoned = text.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00')
  return must(toIsoText(zoned), `"${text}" is how Postgres writes an instant (DateStyle ISO)`)
}
