import { PlatformError } from '#kernel/platform-error.ts'

const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/**
 * When something ends, as people write it: `90d`, `12h` or `2w` from now, the end of a day such as `2027-03-31` here, or
 * `never`, which is null. Throws `bad-input`, also for what is past.
 */
export function toEndAt(flag: string, text: string, now: number): number | null {
  if (text === 'never') return null
  const at = parseLength(text, now) ?? parseDay(text)
  if (at !== undefined && Number.isFinite(at) && at > now) return at
  const past = at !== undefined && at <= now ? ', which is past' : ''
  throw new PlatformError(
    'bad-input',
    `${flag} is "${text}"${past}: wanted 90d, 12h, 2w, a date such as 2027-03-31, or never.`,
  )
}

function parseLength(text: string, now: number): number | undefined {
  const [, count = '', unit = ''] = /^(\d{1,6})(h|d|w)$/.exec(text) ?? []
  const unitMs = unitsMs[unit]
  return unitMs === undefined ? undefined : now + Number(count) * unitMs
}

/** It counts to the end of that day, in the zone of this machine. */
function parseDay(text: string): number | undefined {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T23:59:59.999`) : undefined
}
