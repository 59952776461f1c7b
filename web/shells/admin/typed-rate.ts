import { parseTypedNumber } from '#web/ui'

/** A limit as typed: events a second, or nothing for none. */

export function toRate(typed: string): number | null {
  return parseTypedNumber(typed) ?? null
}

/** What is wrong with it, or undefined. */
export function rateError(typed: string): string | undefined {
  if (typed.trim() === '') return undefined
  const rate = parseTypedNumber(typed)
  return rate !== undefined && Number.isInteger(rate) && rate >= 1 ? undefined : 'A whole number from 1, or nothing.'
}
