/** A count that a person typed. */
import { PlatformError } from '#kernel/platform-error.ts'

/** Throws `bad-input` under the name given, for anything but a whole number from 1. */
export function parseCount(name: string, text: string): number {
  const count = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(count) && count >= 1) return count
  throw new PlatformError('bad-input', `${name} is "${text}": wanted a whole number from 1.`)
}
