import { PlatformError } from '#kernel/platform-error.ts'

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/**
 * An instant as people write one: `3h` or `7d` (ago), a date, a date and time of this machine's zone, or one with its zone.
 * Gives ISO text in UTC. Throws `bad-input`.
 */
export function toInstantText(flag: string, text: string, now: number): string {
  const at = parseAgo(text, now) ?? parseLocal(text)
  if (at !== undefined && Number.isFinite(at)) return new Date(at).toISOString()
  throw new PlatformError(
    'bad-input',
    `${flag} is "${text}": wanted an instant such as 2026-03-31, "2026-03-31 14:00", 2026-03-31T14:00:00Z, or 3h, 7d ago.`,
  )
}

function parseAgo(text: string, now: number): number | undefined {
  const [, count = '', unit = ''] = /^(\d+)\s*(s|min|h|d|w)$/.exec(text) ?? []
  const unitMs = unitsMs[unit]
  return unitMs === undefined ? undefined : now - Number(count) * unitMs
}

/** A date alone is its beginning here: JavaScript would take it for one in UTC. */
function parseLocal(text: string): number | undefined {
  const [, date = '', time = '00:00', zone = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? []
  return date === '' ? undefined : Date.parse(`${date}T${time}${zone}`)
}
