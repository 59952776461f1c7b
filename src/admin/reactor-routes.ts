import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import type { JsonObject } from '#kernel/json.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Reactor } from '#reactor/reactor.ts'
import type { DeadLetter, DeadLetterCursor } from '#reactor/reactor-journal.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { readBody, wholeNumber } from './read-request.ts'
import { reasonField } from './rebuild-fields.ts'
import { recordDecision } from './record-decision.ts'

const eventIdField = v.pipe(v.string(), v.uuid('must be the id of an event'))
const retrySchema = v.strictObject({ eventId: v.optional(eventIdField), reason: v.optional(reasonField, '') })
const dropSchema = v.strictObject({
  eventId: eventIdField,
  reason: v.pipe(reasonField, v.trim(), v.minLength(1, 'must say why the event is to have no effects')),
})

const pageCountMax = 200
const pageCountDefault = 50

/**
 * `GET /`: how each reactor stands. `GET /<id>/dead-letters?after&limit`: what it gave up on, the newest failure last.
 * `POST /<id>/dead-letters/retry { eventId?, reason? }`: one, or the oldest of them, from the first try on; answers how many
 * began and how many are left. `POST /<id>/dead-letters/drop { eventId, reason }`: the event has no effects. Decisions are recorded before they
 * are carried out, with who and why.
 */
export function createReactorRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const find = (c: Context<AdminVariables>): Reactor => findReactor(options.reactors(), c.req.param('id') ?? '')
  const record = (c: Context<AdminVariables>, type: string, reactor: Reactor, data: JsonObject) =>
    recordDecision(options, { type, about: { name: 'Reactors', id: reactor.id }, user: c.get('user'), data })

  routes.get('/', (c) => c.json({ reactors: options.reactors().map((reactor) => reactor.status()) }))

  routes.get('/:id/dead-letters', async (c) => {
    const { after, limit } = c.req.query()
    const countMax = limit ? Math.min(pageCountMax, wholeNumber('limit', limit, 1)) : pageCountDefault
    const letters = await find(c).deadLetters({ after: after ? toCursor(after) : null, countMax })
    const last = letters.at(-1)
    return c.json({ letters, next: last && letters.length === countMax ? fromCursor(last) : null })
  })

  routes.post('/:id/dead-letters/retry', async (c) => {
    const reactor = find(c)
    const { eventId, reason } = await readBody(c, retrySchema)
    const about = eventId === undefined ? { all: true } : factsOf(await reactor.findDeadLetter(eventId))
    await record(c, 'peek.DeadLetterRetried', reactor, { reactor: reactor.id, ...about, reason })
    const retriedCount = await reactor.retry(eventId === undefined ? 'all' : { eventId })
    return c.json({ retriedCount, deadCount: reactor.status().deadCount })
  })

  routes.post('/:id/dead-letters/drop', async (c) => {
    const reactor = find(c)
    const { eventId, reason } = await readBody(c, dropSchema)
    const letter = await reactor.findDeadLetter(eventId)
    await record(c, 'peek.DeadLetterDropped', reactor, { reactor: reactor.id, ...factsOf(letter), reason })
    await reactor.drop(eventId)
    return c.json({})
  })
  return routes
}

/** Enough to know the event by, should nobody remember. */
function factsOf({ eventId, stream, type, tries, words }: DeadLetter): JsonObject {
  return { eventId, stream, type, tries, words }
}

function fromCursor({ lastTriedAt, eventId }: DeadLetter): string {
  return `${lastTriedAt ?? 0}.${eventId}`
}

function toCursor(text: string): DeadLetterCursor {
  const [, lastTriedAt, eventId] = /^(\d{1,16})\.([0-9a-f-]{36})$/.exec(text) ?? []
  if (lastTriedAt !== undefined && eventId !== undefined) return { lastTriedAt: Number(lastTriedAt), eventId }
  throw new PlatformError('bad-input', `after is "${text}": wanted what an earlier page gave as "next".`)
}

function findReactor(reactors: readonly Reactor[], id: string): Reactor {
  const found = reactors.find((reactor) => reactor.id === id)
  if (found) return found
  const ids = reactors.map((reactor) => reactor.id)
  const near = nearestName(id, ids)
  if (ids.length === 0)
    throw new PlatformError('unavailable', 'No reactor runs here: no plugin has one, or logic does not lead just now.')
  const hint = near ? `; did you mean "${near}"?` : `: there are ${ids.join(', ')}.`
  throw new PlatformError('not-found', `There is no reactor "${id}"${hint}`)
}
