import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import type { GroupName, StoreOperations } from '#event-store/store-operations.ts'
import type { JsonObject } from '#kernel/json.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { readBody, wholeNumber } from './read-request.ts'
import { recordDecision } from './record-decision.ts'

const reasonField = v.optional(v.pipe(v.string(), v.maxLength(1_000)), '')
const nameField = v.pipe(v.string(), v.minLength(1), v.maxLength(2_000))
const reasonSchema = v.object({ reason: reasonField })
const replaySchema = v.object({
  stream: nameField,
  group: nameField,
  countMax: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000))),
  reason: reasonField,
})
const stopSchema = v.object({ id: v.pipe(v.string(), v.minLength(1), v.maxLength(200)), reason: reasonField })

const parkedCountMax = 200
const parkedCountDefault = 50
const scavengesShown = 10

type RouteContext = Context<AdminVariables>

/**
 * What an administrator may do to the event store; how it is comes as live rows.
 *
 * `GET /parked?stream&group&from&limit`: parked messages, oldest first. `POST /parked/replay { stream, group, countMax?,
 * reason? }`. `GET /scavenges`: the last ones. `POST /scavenges { reason? }` begins one, `POST /scavenges/stop { id, reason? }`
 * ends it. `POST /backups { reason? }` begins one on the machine of the store. Whatever changes something is recorded first, with who and why.
 */
export function createEventStoreRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  const operations = (): StoreOperations => {
    const found = options.operations()
    if (found) return found
    throw new PlatformError('unavailable', 'The event store is being reached; try again shortly.')
  }
  const record = (c: RouteContext, type: string, id: string, data: JsonObject) =>
    recordDecision(options, { type, about: { name: 'EventStore', id }, user: c.get('user'), data })

  routes.get('/parked', async (c) => {
    const { stream = '', group = '', from, limit } = c.req.query()
    if (stream === '' || group === '')
      throw new PlatformError('bad-input', 'Say whose parked messages: ?stream=<stream or $all>&group=<group>.')
    const start = from === undefined || from === '' ? undefined : wholeNumber('from', from, 0)
    const countMax = limit ? Math.min(parkedCountMax, wholeNumber('limit', limit, 1)) : parkedCountDefault
    const page = await operations().loadParked(
      { stream, group },
      { countMax, ...(start === undefined ? {} : { from: start }) },
    )
    return c.json({ messages: page.messages, next: page.next ?? null })
  })

  routes.post('/parked/replay', async (c) => {
    const { reason, countMax, ...name } = await readBody(c, replaySchema)
    await refuseUnknownGroup(operations(), name)
    await record(c, 'peek.ParkedReplayRequested', 'parked', { ...name, countMax: countMax ?? null, reason })
    await operations().replayParked(name, countMax)
    return c.json({})
  })

  routes.get('/scavenges', async (c) => c.json({ scavenges: await operations().loadScavenges(scavengesShown) }))

  routes.post('/scavenges', async (c) => {
    const { reason } = await readBody(c, reasonSchema)
    await record(c, 'peek.ScavengeRequested', 'scavenge', { reason })
    return c.json({ id: await operations().startScavenge() })
  })

  routes.post('/scavenges/stop', async (c) => {
    const { id, reason } = await readBody(c, stopSchema)
    await record(c, 'peek.ScavengeStopRequested', 'scavenge', { scavenge: id, reason })
    await operations().stopScavenge(id)
    return c.json({})
  })

  routes.post('/backups', async (c) => {
    const { reason } = await readBody(c, reasonSchema)
    const name = `log-${new Date(options.clock.now()).toISOString().replace(/[:.]/g, '-')}.db`
    const { backUp } = operations()
    await record(c, 'peek.BackupRequested', 'backup', { name, reason })
    // It goes on for as long as it takes; the live figures say how far it is, and how it ended.
    backUp(name).catch((error: unknown) => options.log.error(`the backup ${name} failed: ${describeError(error)}`))
    return c.json({ name })
  })
  return routes
}

/** Nothing is recorded about a group that is not there. */
async function refuseUnknownGroup(operations: StoreOperations, { stream, group }: GroupName): Promise<void> {
  const groups = await operations.loadGroups()
  if (groups.some((each) => each.stream === stream && each.group === group)) return
  throw new PlatformError('not-found', `There is no persistent subscription "${group}" to ${stream}.`)
}
