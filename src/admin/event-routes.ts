import { Hono } from 'hono'
import type { EventFilter, EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parsePosition } from '#kernel/position.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'

const pageCountMax = 200
const pageCountDefault = 50

/**
 * `GET /?limit&before&type`: recorded events, newest first; `before` is the `next` of the page before, null at the beginning
 * of the log. Announcements of read models are left out unless a type is asked for. With `stream`, the events of that one
 * stream: those are read from it, where the log would be looked through from its end, a million events for a few.
 */
export function createEventRoutes(options: Pick<AdminApiOptions, 'store'>): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  routes.get('/', async (c) => {
    const { limit, before = '', stream = '', type = '' } = c.req.query()
    const countMax = Math.min(pageCountMax, wholeNumber('limit', limit, pageCountDefault))
    const store = getStore(options.store())
    const { page, next } = stream
      ? await readStreamPage(store, stream, before, countMax)
      : await readLogPage(store, type, before, countMax)
    return c.json({ events: page.filter((event) => event.type.startsWith(type)).map(toShown), next })
  })
  return routes
}

type EventPage = { readonly page: readonly RecordedEvent[]; readonly next: string | null }

async function readStreamPage(store: EventStore, stream: string, before: string, countMax: number): Promise<EventPage> {
  const isRevision = /^\d{1,15}$/.test(before)
  if (before !== '' && !isRevision) throw notFromEarlier(before, 'a revision')
  if (Number(before) === 0 && isRevision) return { page: [], next: null }
  const from = isRevision ? Number(before) - 1 : 'end'
  const page = await store.readStream(stream, { from, direction: 'backwards', countMax })
  const first = page.at(-1)?.revision ?? 0
  return { page, next: page.length === countMax && first > 0 ? String(first) : null }
}

async function readLogPage(store: EventStore, type: string, before: string, countMax: number): Promise<EventPage> {
  const beyond = before === '' ? 'end' : parsePosition(before)
  if (!beyond) throw notFromEarlier(before, 'a position')
  const filter: EventFilter = type ? { on: 'type', prefixes: [type] } : { on: 'stream', regex: '^(?!changes-)' }
  const page = await store.readLog({ beyond, direction: 'backwards', countMax, filter })
  return { page, next: page.length === countMax ? (page.at(-1)?.position ?? null) : null }
}

function notFromEarlier(before: string, wanted: string): PlatformError {
  return new PlatformError('bad-input', `before is "${before}": wanted ${wanted} from an earlier page.`)
}

/** Throws `unavailable` while the store is being reached. */
export function getStore(store: EventStore | undefined): EventStore {
  if (store) return store
  throw new PlatformError('unavailable', 'The event store is being reached; try again shortly.')
}

function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new PlatformError('bad-input', `${name} is "${text}": wanted a whole number from 1.`)
}

/** An event as the admin app shows it. */
export function toShown(event: RecordedEvent) {
  const { id, type, stream, revision, position, data, metadata, storedAt } = event
  const known = parseMetadata(metadata)
  return {
    id,
    type,
    stream,
    revision,
    position,
    recordedAt: known.recordedAt ?? storedAt,
    occurredAt: known.occurredAt ?? null,
    user: known.user ?? null,
    device: known.device ?? null,
    service: known.service ?? null,
    actionId: known.actionId ?? null,
    data,
    metadata,
  }
}
