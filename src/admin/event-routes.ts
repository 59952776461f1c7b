import { Hono } from 'hono'
import type { EventFilter, EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parsePosition } from '#kernel/position.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'

const pageCountMax = 200
const pageCountDefault = 50

/**
 * `GET /?limit&before&stream&type`: recorded events, newest first; `next` is where the following page begins, null at
 * the beginning of the log. Announcements of read models are left out unless a stream or a type is asked for.
 */
export function createEventRoutes(options: Pick<AdminApiOptions, 'store'>): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  routes.get('/', async (c) => {
    const { limit, before, stream = '', type = '' } = c.req.query()
    const countMax = Math.min(pageCountMax, wholeNumber('limit', limit, pageCountDefault))
    const beyond = before ? parsePosition(before) : 'end'
    if (!beyond) throw new PlatformError('bad-input', `before is "${before}": wanted a position from an earlier page.`)
    const page = await getStore(options.store()).readLog({
      beyond,
      direction: 'backwards',
      countMax,
      filter: filterOf(stream, type),
    })
    const events = type && stream ? page.filter((event) => event.type.startsWith(type)) : page
    return c.json({
      events: events.map(toShown),
      next: page.length === countMax ? (page.at(-1)?.position ?? null) : null,
    })
  })
  return routes
}

/** Throws `unavailable` while the store is being reached. */
export function getStore(store: EventStore | undefined): EventStore {
  if (store) return store
  throw new PlatformError('unavailable', 'The event store is being reached; try again shortly.')
}

function filterOf(stream: string, type: string): EventFilter {
  if (stream) return { on: 'stream', prefixes: [stream] }
  if (type) return { on: 'type', prefixes: [type] }
  return { on: 'stream', regex: '^(?!changes-)' }
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
