import { Hono } from 'hono'
import * as v from 'valibot'
import { PlatformError } from '#kernel/platform-error.ts'
import { requestPageCountMax } from '#rest/find-requests.ts'
import { makeApiKey, startOfKey } from '#rest/keys/api-key.ts'
import type { ApiKeyRow, ApiKeys } from '#rest/keys/api-keys.ts'
import type { AgentApi } from '#rest/keys/key-request.ts'
import type { LoggedRow, RequestQuery } from '#rest/request-log.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { readBody, wholeNumber } from './read-request.ts'
import { reasonField } from './rebuild-fields.ts'
import { recordDecision } from './record-decision.ts'

export type ApiKeyAccess = {
  /** Undefined while this instance does not lead. */
  keys(): ApiKeys | undefined
  /** Those that are linked just now, with what may be asked of them. */
  agents(): readonly AskedAgent[]
  /** Agents should take the keys anew, soon: they ask by themselves every few seconds as well. */
  onChange(): void
  /** Of the log on one agent's disk. Rejects with `unavailable` when that cannot be reached. */
  findRequests(instance: string, query: RequestQuery): Promise<readonly LoggedRow[]>
}

export type AskedAgent = {
  readonly instance: string
  readonly name: string
  readonly zone: string
  readonly apis: readonly AgentApi[]
}

const scopeField = v.pipe(
  v.string(),
  v.maxLength(200),
  v.regex(/^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/, 'must be as in "<plugin>:<scope>"'),
)
const createSchema = v.strictObject({
  name: v.pipe(v.string(), v.trim(), v.minLength(1, 'must say whose key it is'), v.maxLength(100)),
  scopes: v.pipe(
    v.array(scopeField),
    v.minLength(1, 'must name what the key may do'),
    v.maxLength(200),
    v.checkItems((item, index, all) => all.indexOf(item) === index, 'must not name anything twice'),
  ),
  requestsPerMinute: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000)),
  /** Milliseconds since 1970; null: it counts until it is revoked. */
  expiresAt: v.nullable(v.pipe(v.number(), v.safeInteger())),
})
const pageCountDefault = 50
const revokeSchema = v.strictObject({
  reason: v.pipe(reasonField, v.trim(), v.minLength(1, 'must say why the key counts no more')),
})

/**
 * Keys of programs outside, for the routes of plugins on agents.
 *
 * `GET /`: all of them, without what proves them. `GET /scopes`: what plugins on linked agents ask for. `GET /agents`: those
 * agents. `GET /requests?agent&before&limit&plugin&key&failed=true`: what one of them was asked, the newest first. `POST / { name,
 * scopes, requestsPerMinute, expiresAt }` answers the key itself, once: nobody can show it again. `POST /<id>/revoke
 * { reason }`. Decisions are recorded before they are carried out, with who and why, and without the key.
 */
export function createApiKeyRoutes(
  options: Pick<AdminApiOptions, 'store' | 'clock' | 'instance'> & { readonly apiKeys: ApiKeyAccess },
): Hono<AdminVariables> {
  const { apiKeys, clock } = options
  const routes = new Hono<AdminVariables>()
  const keys = (): ApiKeys => {
    const found = apiKeys.keys()
    if (found) return found
    throw new PlatformError(
      'unavailable',
      'Logic does not lead just now, so no API keys are known here. Try again shortly.',
    )
  }
  const about = (id: string) => ({ name: 'ApiKey', id })

  routes.get('/', async (c) => c.json({ keys: (await keys().list()).map(toShown) }))
  routes.get('/scopes', (c) => c.json({ plugins: joinApis(apiKeys.agents().flatMap(({ apis }) => apis)) }))

  routes.get('/agents', (c) =>
    c.json({ agents: apiKeys.agents().map(({ instance, name, zone }) => ({ instance, name, zone })) }),
  )
  routes.get('/requests', async (c) => {
    const { agent = '', before, limit, plugin, key, failed } = c.req.query()
    const countMax = limit ? Math.min(requestPageCountMax, wholeNumber('limit', limit, 1)) : pageCountDefault
    const requests = await apiKeys.findRequests(agent, {
      countMax,
      failed: failed === 'true',
      ...(before && { before: wholeNumber('before', before, 0) }),
      ...(plugin && { plugin }),
      ...(key && { keyId: key }),
    })
    return c.json({ requests, next: requests.length === countMax ? (requests.at(-1)?.id ?? null) : null })
  })

  routes.post('/', async (c) => {
    const { name, scopes, requestsPerMinute, expiresAt } = await readBody(c, createSchema)
    if (expiresAt !== null && expiresAt <= clock.now())
      throw new PlatformError('bad-input', 'The request is wrong: expiresAt is past already.')
    // Before it is recorded: what cannot be done was not decided.
    await keys().checkRoom()
    const user = c.get('user')
    const { id, key, hash } = makeApiKey()
    const data = { name, scopes, requestsPerMinute, expiresAt }
    await recordDecision(options, { type: 'peek.ApiKeyCreated', about: about(id), user, data })
    await keys().add({ id, hash }, { ...data, madeBy: user, madeAt: clock.now() })
    apiKeys.onChange()
    return c.json({ key, id, start: startOfKey(id) })
  })

  routes.post('/:id/revoke', async (c) => {
    const { reason } = await readBody(c, revokeSchema)
    const found = await find(keys(), c.req.param('id'))
    if (found.revokedAt !== null) return c.json({})
    const user = c.get('user')
    const data = { name: found.name, reason }
    await recordDecision(options, { type: 'peek.ApiKeyRevoked', about: about(found.id), user, data })
    await keys().revoke(found.id, user, clock.now())
    apiKeys.onChange()
    return c.json({})
  })
  return routes
}

async function find(keys: ApiKeys, id: string): Promise<ApiKeyRow> {
  const found = v.is(v.pipe(v.string(), v.uuid()), id) ? await keys.find(id) : undefined
  if (found) return found
  throw new PlatformError('not-found', `There is no API key "${id}".`)
}

function toShown(row: ApiKeyRow) {
  return { ...row, start: startOfKey(row.id) }
}

/** Of several agents with the same plugin, all that any of them asks for. */
function joinApis(apis: readonly AgentApi[]): readonly AgentApi[] {
  const plugins = new Map<string, AgentApi>()
  for (const api of apis) {
    const known = plugins.get(api.plugin)
    const names = new Set(known?.scopes.map(({ scope }) => scope))
    const more = api.scopes.filter(({ scope }) => !names.has(scope))
    plugins.set(api.plugin, known ? { ...known, scopes: [...known.scopes, ...more] } : api)
  }
  return [...plugins.values()].sort((a, b) => (a.title < b.title ? -1 : 1))
}
