import { type Context, Hono } from 'hono'
import { loadEntityThen } from '#action/entity-past.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { differencesOf } from '#kernel/json-difference.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { type Position, parsePosition } from '#kernel/position.ts'
import type { PastQuestions, PastSubject } from '#observable/source/past-questions.ts'
import { projectionId } from '#projection/define-projection.ts'
import { ofPeople, recordedAtOf } from '#projection/past/position-at.ts'
import { isPlatformProjection } from '#projection/past/shadow-definition.ts'
import { shapesOf } from '#projection/table-shape.ts'
import { adminRole, type Principal } from '#vortex/protocol/principal.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import type { PastAccess } from './past-access.ts'
import { parseMoment, resolveMoment } from './past-moment.ts'
import { wholeNumber } from './read-request.ts'
import { addReplayRoutes } from './replay-routes.ts'

const rowsCountMax = 1_000
const rowsCountDefault = 200
const explainedCountMax = 50

/**
 * The past, for looking. A moment is `now`, a time, a position, or `before:<position>` (`past-moment.ts`).
 *
 * `GET /subjects`: what can be asked about. `GET /moment?at`: where a moment lies, and what is beside it.
 * `GET /entity?stream&at|revision&since`: an entity as it was, and what changed since an earlier revision.
 * `GET /entity/difference?stream&from&to`: between two moments. `GET /rows?(observable|projection&table)&selector&at&
 * offset&limit`: rows as they were; `GET /rows/difference?…&from&to`. `GET /row-changes?positions`: what events did.
 * Replays: `replay-routes.ts`. Rows come as `{ state: "ready", value }`, or `{ state: "preparing", share, etaSeconds }`:
 * then the same question is asked again.
 */
export function createPastRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const access = (): PastAccess => options.past ?? unavailable('There is no past to be asked here.')
  const store = (): EventStore => options.store() ?? unavailable('The event store is being reached; try again shortly.')
  const questions = (): PastQuestions => access().questions() ?? unavailable('Logic does not lead just now: ask again.')
  const positionOf = (name: string, text: string | undefined): Promise<Position> =>
    resolveMoment(store(), parseMoment(name, text), access().placeBefore)

  routes.get('/subjects', (c) => c.json(toSubjects(access())))

  routes.get('/moment', async (c) => {
    const position = await positionOf('at', c.req.query('at'))
    const [event] = await store().readLog({ beyond: 'start', direction: 'forwards', countMax: 1 })
    const at = await findEventAt(store(), position)
    const [previous, next] = await findNeighbours(store(), position)
    return c.json({
      position,
      previous,
      next,
      event: at && { position: at.position, type: at.type, stream: at.stream, recordedAt: recordedAtOf(at) },
      logBeginsAt: event ? recordedAtOf(event) : null,
    })
  })

  routes.get('/entity', async (c) => {
    const { stream = '', at, revision, since } = c.req.query()
    const { deciders } = access()
    const until =
      revision === undefined
        ? { position: await positionOf('at', at) }
        : { revision: wholeNumber('revision', revision, -1) }
    const then = await loadEntityThen(store(), deciders, stream, until)
    if (since === undefined) return c.json(then)
    const earlier = { revision: wholeNumber('since', since, -1) }
    const before = await loadEntityThen(store(), deciders, stream, earlier)
    return c.json({ ...then, differences: differencesOf(before.state, then.state) })
  })

  routes.get('/entity/difference', async (c) => {
    const { stream = '', from, to } = c.req.query()
    const { deciders } = access()
    const load = async (name: string, text: string | undefined) =>
      loadEntityThen(store(), deciders, stream, { position: await positionOf(name, text) })
    const [before, after] = await Promise.all([load('from', from), load('to', to)])
    return c.json({ before, after, differences: differencesOf(before.state, after.state) })
  })

  routes.get('/rows', async (c) => {
    const position = await positionOf('at', c.req.query('at'))
    return c.json(await questions().screen({ ...readScreen(c, options.instance), position }))
  })

  routes.get('/rows/difference', async (c) => {
    const [from, to] = await Promise.all([positionOf('from', c.req.query('from')), positionOf('to', c.req.query('to'))])
    return c.json(await questions().changes({ ...readScreen(c, options.instance), from, to }))
  })

  routes.get('/row-changes', async (c) => {
    const given = (c.req.query('positions') ?? '').split(',').filter((text) => text !== '')
    const positions = given.map((text) => parsePosition(text)).filter((position) => position !== undefined)
    if (given.length === 0 || given.length !== positions.length || given.length > explainedCountMax)
      throw new PlatformError('bad-input', `positions takes 1 to ${explainedCountMax} positions with commas between.`)
    return c.json(await questions().explain(positions))
  })

  addReplayRoutes(routes, { questions, positionOf })
  return routes
}

/** What the pages offer to choose from. */
function toSubjects({ observables, definitions, deciders }: PastAccess) {
  const own = definitions.filter((definition) => !isPlatformProjection(definition))
  return {
    observables: observables.map(({ name, plugin, feed, tableName, fields, selectorFields, shape }) => ({
      name,
      plugin,
      projection: feed,
      table: tableName,
      fields,
      selectorFields,
      keyedBy: shape.keyedBy,
    })),
    projections: own.map((definition) => ({
      id: projectionId(definition),
      version: definition.version,
      tables: Object.entries(shapesOf(definition.model.tables)).map(([name, { columns, keyedBy }]) => ({
        name,
        columns,
        keyedBy,
      })),
    })),
    categories: deciders.map(({ plugin, decider }) => `${plugin}.${decider.category}`),
  }
}

/** Positions of what people did before this position, and behind it. */
async function findNeighbours(store: EventStore, position: Position): Promise<readonly (Position | null)[]> {
  const look = async (direction: 'backwards' | 'forwards'): Promise<Position | null> => {
    const [event] = await store.readLog({ beyond: position, direction, countMax: 1, filter: ofPeople })
    return event?.position ?? null
  }
  return Promise.all([look('backwards'), look('forwards')])
}

/** The event at the position or the nearest one before it; undefined at the start of the log. */
async function findEventAt(store: EventStore, position: Position) {
  const [before] = await store.readLog({ beyond: position, direction: 'backwards', countMax: 1 })
  const [next] = await store.readLog({ beyond: before?.position ?? 'start', direction: 'forwards', countMax: 1 })
  return next?.position === position ? next : before
}

function readScreen(c: Context<AdminVariables>, instance: string) {
  const { observable, projection, table, selector, offset, limit } = c.req.query()
  const subject: PastSubject | undefined = observable
    ? { kind: 'observable', name: observable }
    : projection && table
      ? { kind: 'table', projection, table }
      : undefined
  if (!subject)
    throw new PlatformError('bad-input', 'Say what to look at: ?observable=<name>, or ?projection=<id>&table=<name>.')
  const by: Principal = { user: c.get('user'), device: instance, service: 'logic', roles: [adminRole] }
  return {
    subject,
    selector: parseSelector(selector),
    offset: wholeNumber('offset', offset || '0', 0),
    countMax: Math.min(rowsCountMax, wholeNumber('limit', limit || String(rowsCountDefault), 1)),
    by,
  }
}

function parseSelector(text: string | undefined): Selector {
  if (text === undefined || text === '') return {}
  const found = tryParseJson(text)
  const isPlain = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)
  if (isJsonObject(found) && Object.values(found).every(isPlain)) return found as Selector
  throw new PlatformError('bad-input', 'The selector is wrong: wanted JSON such as {"id":"…"} with plain values.')
}

function unavailable(words: string): never {
  throw new PlatformError('unavailable', words)
}
