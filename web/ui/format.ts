/** How numbers, sizes and times read on every screen. Plain functions: instants are milliseconds since 1970. */

import { lazily } from './lazily.ts'

const missing = '–'

export function formatCount(count: number | null | undefined): string {
  return count === null || count === undefined ? missing : countFormat().format(count)
}

/** A rate a second, with a decimal only while it is small. */
export function formatRate(perSecond: number): string {
  return `${perSecond >= 10 || perSecond === 0 ? countFormat().format(Math.round(perSecond)) : perSecond.toFixed(1)}/s`
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

/** What is left of something, with a second unit where one alone would be coarse: `45 s`, `1 min 24 s`, `35 min`, `2 h 5 min`. */
export function formatTimeLeft(lengthMs: number): string {
  const seconds = Math.ceil(Math.abs(lengthMs) / 1000)
  const [large, small] = seconds < 3_600 ? [60, 1] : seconds < 2 * 86_400 ? [3_600, 60] : [86_400, 3_600]
  const rest = Math.floor((seconds % large) / small)
  if (seconds < 60 || seconds >= 10 * large || rest === 0) return formatLength(seconds * 1000)
  return `${formatLength((seconds - (seconds % large)) * 1000)} ${formatLength(rest * small * 1000)}`
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
  return instantFormat().format(at)
}

/** As `formatMoment`, in the same digits for every reader: `2026-03-01 07:05:09`. */
export function plainMoment(at: number, now: number): string {
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  if (date.toDateString() === new Date(now).toDateString()) return time
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}

/** The date, when it is not today's, and the time to the second. */
export function formatMoment(at: number, now: number): string {
  return new Date(at).toDateString() === new Date(now).toDateString()
    ? timeFormat().format(at)
    : instantFormat().format(at)
}

/** `1 event`, `2 events`. */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** The digits of a log position without the zeros in front. */
export function formatPosition(position: string): string {
  return position.replace(/^0+(?=\d)/, '').replace(/\.0+(?=\d)/, '.')
}

const countFormat = lazily(() => new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 }))
const instantFormat = lazily(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }))
const timeFormat = lazily(() => new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }))
