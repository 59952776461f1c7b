import type { EventStore } from '#event-store/event-store.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, logStart, type Position, parsePosition } from '#kernel/position.ts'
import { type PlaceBefore, positionAt } from '#projection/past/position-at.ts'

/**
 * A moment as people write it: `now`, a position (with that event), `before:<position>` (without it), or a time:
 * milliseconds since 1970, or as ISO 8601 (without a zone: UTC).
 */
export type PastMoment =
  | { readonly kind: 'now' }
  | { readonly kind: 'with' | 'before'; readonly position: Position }
  | { readonly kind: 'time'; readonly instant: number }

export function parseMoment(name: string, text: string | undefined): PastMoment {
  const given = text?.trim() ?? ''
  if (given === '' || given === 'now') return { kind: 'now' }
  const isBefore = given.startsWith('before:')
  const position = parsePosition(isBefore ? given.slice('before:'.length) : given)
  if (position) return { kind: isBefore ? 'before' : 'with', position }
  const instant = /^\d{1,16}$/.test(given) ? Number(given) : parseTime(given)
  if (!isBefore && Number.isFinite(instant)) return { kind: 'time', instant }
  throw new PlatformError(
    'bad-input',
    `${name} is "${given.slice(0, 100)}": wanted a time such as 2026-11-17T14:05:00Z, a position, before:<position>, or now.`,
  )
}

/** Where the moment lies in the log. */
export async function resolveMoment(
  store: Pick<EventStore, 'readLog' | 'head'>,
  moment: PastMoment,
  placeBefore?: PlaceBefore,
): Promise<Position> {
  switch (moment.kind) {
    case 'now':
      return store.head()
    case 'with': {
      // What is not there yet may come: then an answer for its position would be another one.
      const head = await store.head()
      return comparePositions(moment.position, head) < 0 ? moment.position : head
    }
    case 'before': {
      const page = { beyond: moment.position, direction: 'backwards', countMax: 1 } as const
      return (await store.readLog(page))[0]?.position ?? logStart
    }
    case 'time':
      return positionAt(store, moment.instant, placeBefore)
  }
}

function parseTime(text: string): number {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return Number.NaN
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/i.test(text)
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text)
  return Date.parse(hasZone || isDay ? text : `${text.replace(' ', 'T')}Z`)
}
