import { toInstantText } from './instant-flag.ts'

/** A moment as people write it, as the admin API takes it: `now`, a position, `before:<position>`, or an instant. */
export function toMomentText(flag: string, text: string, now: number): string {
  if (text === 'now' || /^(before:)?\d{20}(\.\d{20})?$/.test(text)) return text
  return toInstantText(flag, text, now)
}

/** What WHEN may be, for the help of a command. */
export const momentHelp = `WHEN is now, 2026-03-31, "2026-03-31 14:00" (of this machine's zone), with a zone, or 3h, 7d ago; or the position of an
event (with what it did), or before:<position> (without it).`
