/** How numbers, sizes and times read on every screen. Plain functions: instants are milliseconds since 1970. */

const missing = '–'

export function formatCount(count: number | null | undefined): string {
  return count === null || count === undefined ? missing : countFormat.format(count)
}

/** A rate a second, with a decimal only while it is small. */
export function formatRate(perSecond: number): string {
  return `${perSecond >= 10 || perSecond === 0 ? countFormat.format(Math.round(perSecond)) : perSecond.toFixed(1)}/s`
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `0 s`, `850 ms`, `12 s`, `4 min`, `3 h`, `2 days`: one unit, rounded down. */
export function formatLength(lengthMs: number): string {
  const seconds = Math.floor(Math.abs(lengthMs) / 1000)
  if (lengthMs !== 0 && seconds < 1) return `${Math.round(Math.abs(lengthMs))} ms`
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}

/** A length that is often below a millisecond, with a decimal while it is small: `0.4 ms`, `25 ms`, `3 s`. */
export function formatShortLength(lengthMs: number): string {
  return lengthMs < 10 ? `${lengthMs.toFixed(1)} ms` : formatLength(lengthMs)
}

/** `just now`, `12 s ago`, `in 4 min`. */
export function formatAge(at: number, now: number): string {
  const ageMs = now - at
  if (Math.abs(ageMs) < 1_000) return 'just now'
  return ageMs > 0 ? `${formatLength(ageMs)} ago` : `in ${formatLength(ageMs)}`
}

/** Date and time to the second, in the reader's language and time zone. */
export function formatInstant(at: number): string {
  return instantFormat.format(at)
}

/** The date, when it is not today's, and the time to the second. */
export function formatMoment(at: number, now: number): string {
  return new Date(at).toDateString() === new Date(now).toDateString() ? timeFormat.format(at) : instantFormat.format(at)
}

/** `1 event`, `2 events`. */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** The digits of a log position without the zeros in front. */
export function formatPosition(position: string): string {
  return position.replace(/^0+(?=\d)/, '').replace(/\.0+(?=\d)/, '.')
}

const countFormat = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 })
const instantFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
