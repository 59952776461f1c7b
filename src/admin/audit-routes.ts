import { Hono } from 'hono'
import type { Audit } from '#audit/audit.ts'
import { type CausationTree, toCausationTree } from '#audit/causation-tree.ts'
import type { FoundEvent } from '#audit/found-event.ts'
import { loadRecordedAndToday } from '#audit/recorded-and-today.ts'
import { parseSearchQuery } from '#audit/search-query.ts'
import { upcastEvent } from '#event-store/upcast.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { type Position, parsePosition } from '#kernel/position.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { createAuditExportRoutes } from './audit-export-routes.ts'

const pageCountMax = 200
const pageCountDefault = 50
const countedMax = 10_000
const treeCountMax = 1_000

export type AuditRouteOptions = Pick<AdminApiOptions, 'audit' | 'store' | 'clock' | 'instance'>

/**
 * Finding what was recorded, and following it.
 *
 * `GET /events?<search>&order&beyond&limit`: a page of events. `GET /count?<search>`: how many, up to 10,000.
 * `GET /events/<id or position>`: one event, as recorded and as read today, and its neighbours in the stream.
 * `GET /events/<id or position>/tree`: what it followed from and what followed from it. `…/rows`: the rows it changed.
 * `/exports`: a search as a file.
 */
export function createAuditRoutes(options: AuditRouteOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()

  routes.get('/events', async (c) => {
    const { order, beyond, limit, ...asked } = c.req.query()
    const query = parseSearchQuery(asked)
    const { search, catchUp } = auditOf(options)
    const from = parseBeyond(beyond)
    // A page in the middle is not about what came just now.
    const isComplete = from !== undefined || (await catchUp())
    const page = await search.find(query, { order: parseOrder(order), beyond: from, countMax: parseLimit(limit) })
    return c.json({ ...page, isComplete })
  })

  routes.get('/count', async (c) => {
    const { search } = auditOf(options)
    return c.json(await search.count(parseSearchQuery(c.req.query()), countedMax))
  })

  routes.get('/events/:id', async (c) => {
    const { search } = auditOf(options)
    const event = await getEvent(search, c.req.param('id'))
    const store = options.store()
    if (!store) throw new PlatformError('unavailable', 'The event store is being reached; try again shortly.')
    const recorded = await loadRecordedAndToday({ event, store, upcast: upcastEvent })
    return c.json({ event, ...recorded, ...(await search.neighbours(event)) })
  })

  routes.get('/events/:id/tree', async (c) => {
    const { search } = auditOf(options)
    return c.json(await loadTree(search, await getEvent(search, c.req.param('id'))))
  })

  routes.get('/events/:id/rows', async (c) => {
    const { search, rowChangesOf } = auditOf(options)
    const { position } = await getEvent(search, c.req.param('id'))
    if (!rowChangesOf) return c.json({ rows: null })
    return c.json(await rowChangesOf(position as Position))
  })

  routes.route('/exports', createAuditExportRoutes({ ...options, audit: () => auditOf(options) }))
  return routes
}

function auditOf({ audit }: Pick<AdminApiOptions, 'audit'>): Audit {
  const found = audit()
  if (found) return found
  throw new PlatformError('unavailable', 'Logic does not lead just now, so nothing can be searched; try again shortly.')
}

async function getEvent(search: Audit['search'], id: string): Promise<FoundEvent> {
  const found = await search.get(id)
  if (found) return found
  throw new PlatformError('not-found', `No recorded event has the id or position "${id.slice(0, 100)}".`)
}

async function loadTree(search: Audit['search'], event: FoundEvent): Promise<CausationTree> {
  // What reacts to an event that names no correlation takes the event's own id for one.
  const query = { correlation: event.correlationId ?? event.actionId ?? event.id }
  const { events, next } = await search.find(query, { order: 'oldest', countMax: treeCountMax })
  const isAmong = events.some(({ position }) => position === event.position)
  return toCausationTree(isAmong ? events : [event, ...events], next !== null)
}

function parseOrder(order: string | undefined): 'newest' | 'oldest' {
  if (order === undefined || order === '' || order === 'newest') return 'newest'
  if (order === 'oldest') return 'oldest'
  throw new PlatformError('bad-input', `order is "${order}": wanted newest or oldest.`)
}

function parseBeyond(beyond: string | undefined): Position | undefined {
  if (beyond === undefined || beyond === '') return undefined
  const position = parsePosition(beyond)
  if (position) return position
  throw new PlatformError('bad-input', `beyond is "${beyond}": wanted a position from an earlier page.`)
}

function parseLimit(limit: string | undefined): number {
  if (limit === undefined || limit === '') return pageCountDefault
  const value = Number(limit)
  if (Number.isInteger(value) && value > 0) return Math.min(pageCountMax, value)
  throw new PlatformError('bad-input', `limit is "${limit}": wanted a whole number from 1.`)
}
