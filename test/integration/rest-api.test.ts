/**
 * Keys from the admin API to the site of an agent: a real database, real HTTP, the real link's questions; only the link
 * itself is a call.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import type { AdminVariables } from '#admin/admin-options.ts'
import { type ApiKeyAccess, createApiKeyRoutes } from '#admin/api-key-routes.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AgentContext } from '#plugin-api/part-context.ts'
import { type ApiKeys, apiKeyCountMax, createApiKeys } from '#rest/keys/api-keys.ts'
import type { RpcHandler } from '#rpc/rpc.ts'
import { openRestDesk, type RestDesk } from '#services/agent/rest-desk.ts'
import { createLinkedKeys } from '#services/logic/linked-keys.ts'
import { type SiteOfRequests, startSite } from '#services/start-site.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { metersAgentPart } from '#support/plugins/meters/agent/agent-part.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import type { ConnectionState } from '#vortex/client/vortex-client.ts'

const meterId = '00000000-0000-4000-8000-000000000007'
/** Nobody hands in anything of it. */
const otherMeterId = '00000000-0000-4000-8000-000000000008'
const folder = mkdtempSync(join(tmpdir(), 'peek-rest-'))
const store = createMemoryEventStore({ clock: systemClock })
const puts: { readonly name: string; readonly id: string | undefined }[] = []
let database: MigratedDatabase
let keys: ApiKeys
let admin: Hono<AdminVariables>
let agent: ReturnType<typeof startAgent>
/** Whether logic is there. */
let isOnline = true

beforeAll(async () => {
  database = await migratedDatabase(3)
  keys = createApiKeys(database.sql)
  agent = startAgent()
  admin = new Hono<AdminVariables>()
  admin.onError((error, c) => c.text(error.message, 400))
  admin.use(async (c, next) => {
    c.set('user', 'ann')
    await next()
  })
  const findRequests: ApiKeyAccess['findRequests'] = async (instance, query) => {
    if (instance !== 'agent-1') throw new PlatformError('unavailable', 'There is no such agent.')
    return agent.requests.find(query)
  }
  const apiKeys = { keys: () => keys, agents: linked.agents, findRequests, onChange: () => void tellAgent() }
  admin.route('/', createApiKeyRoutes({ store: () => store, clock: systemClock, instance: 'desk', apiKeys }))
}, 120_000)
afterAll(async () => {
  await agent?.stop()
  await database?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const linked = createLinkedKeys(() => keys)
const self = { instance: 'agent-1', name: 'here', zone: 'main' }

/** Logic's calls to the agent, as they reach it. */
let listeners: readonly RpcHandler[] = []
function noteListeners(handlers: readonly RpcHandler[]): () => Promise<void> {
  listeners = handlers
  return async () => undefined
}
async function tellAgent(): Promise<void> {
  const changed = listeners.find(({ rpc }) => rpc.name === 'peek.TakeApiKeys')
  if (isOnline) await changed?.handle({}, {} as Parameters<RpcHandler['handle']>[1])
}

/** The REST side of an agent on a port of its own, with the meters plugin; the folder outlives it. */
function startAgent(role = 'agent') {
  const desk: RestDesk = openRestDesk({ folder, name: 'here', clock: systemClock, log: silentLog })
  const stopping = new AbortController()
  const context = {
    log: silentLog,
    signal: stopping.signal,
    onStop: () => undefined,
    queue: {
      put: async (action: { readonly name: string }, _: object, options?: { readonly id?: string }) => {
        puts.push({ name: action.name, id: options?.id })
        return { actionId: options?.id ?? '' }
      },
      onAnswer: () => () => undefined,
      waitingCount: () => 0,
    },
  } as Partial<AgentContext> as AgentContext
  const plugin = { manifest: { id: 'meters', title: 'Meters' }, version: '1.2.0' }
  const fetchPart = desk.serve(plugin as Parameters<RestDesk['serve']>[0], metersAgentPart, context)
  const root = new Hono()
  desk.addRoutes(root)
  root.all('/p/meters/*', async (c) => (await fetchPart?.(c.req.raw)) ?? c.notFound())
  const site: SiteOfRequests = startSite({ host: '127.0.0.1', port: 0, key: 'none', fetch: root.fetch })
  const state = (): ConnectionState =>
    (isOnline ? { state: 'online' } : { state: 'offline' }) as Partial<ConnectionState> as ConnectionState
  desk.start(
    {
      state,
      onState: () => () => undefined,
      ask: (_name, body) => {
        if (!isOnline) return Promise.reject(new Error('logic is away'))
        return linked.answer({ role, ...self }, body)
      },
    },
    site,
    { listen: (_part, handlers) => noteListeners(handlers) },
  )
  return {
    url: `http://127.0.0.1:${site.port}`,
    requests: desk.requests,
    stop: async () => {
      stopping.abort()
      await site.stop()
      desk.stop()
    },
  }
}

const draft = { name: 'ERP', scopes: ['meters:write'], requestsPerMinute: 500, expiresAt: null }
const post = (path: string, body: unknown) => admin.request(path, { method: 'POST', body: JSON.stringify(body) })
async function makeKey(
  change: Partial<Record<keyof typeof draft, unknown>> = {},
): Promise<{ key: string; id: string }> {
  const response = await post('/', { ...draft, ...change })
  expect(response.status).toBe(200)
  return (await response.json()) as { key: string; id: string }
}
const send = (key: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${agent.url}/p/meters${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const reading = { value: 12, readAt: 1_000 }
const put = (key: string, headers?: Record<string, string>) =>
  send(key, 'POST', `/meters/${meterId}/readings`, reading, headers)

test('a key that an administrator makes works on the agent; what was decided is in the log, and the key nowhere', async () => {
  const { key, id } = await makeKey()
  await eventually('the agent knows the key', async () => (await put(key, { 'idempotency-key': 'a' })).status === 202)
  const again = await put(key, { 'idempotency-key': 'a' })
  expect([again.status, again.headers.get('ratelimit-limit')]).toEqual([202, '500'])
  expect(new Set(puts.map((one) => one.id)).size).toBe(1)
  expect(puts[0]?.name).toBe('meters.PutReading')

  const [event] = store.streamOf(`peek.ApiKey-${id}`)
  expect([event?.type, event?.data]).toEqual(['peek.ApiKeyCreated', draft])
  const rows = JSON.stringify(await database.sql`select * from platform.api_keys`)
  for (const text of [
    JSON.stringify(store.streamOf(`peek.ApiKey-${id}`)),
    rows,
    JSON.stringify(agent.requests.find({ countMax: 50 })),
  ])
    expect(text).not.toContain(key.slice(-43))
  await eventually('logic knows when it was used', async () => (await keys.find(id))?.lastUsedAt !== null)
  const shown = (await (await admin.request('/')).json()) as { keys: { madeBy: string; start: string }[] }
  expect([shown.keys[0]?.madeBy, shown.keys[0]?.start]).toEqual(['ann', `peek_${id.slice(0, 8)}…`])
})

test('a key without the scope, a wrong body, too many requests: 403, 422 with the fields, 429 with Retry-After', async () => {
  const { key } = await makeKey({ name: 'Reader', scopes: ['meters:read'], requestsPerMinute: 4 })
  const begunAt = performance.now()
  await eventually(
    'the agent knows the key',
    async () => (await send(key, 'GET', `/meters/${otherMeterId}`)).status === 404,
  )
  const forbidden = await put(key)
  expect([forbidden.status, await forbidden.text()]).toEqual([403, expect.stringContaining('meters:write')])
  const wrong = await send(key, 'GET', '/meters/7?unit=miles')
  expect(wrong.status).toBe(422)
  const { error } = (await wrong.json()) as { error: { fields: { in: string; field: string }[] } }
  expect(error.fields.map((field) => [field.in, field.field])).toEqual([
    ['path', 'meterId'],
    ['query', 'unit'],
  ])
  await send(key, 'GET', `/meters/${otherMeterId}`)
  const over = await send(key, 'GET', `/meters/${otherMeterId}`)
  expect(over.status).toBe(429)
  // One comes every fifteen seconds, and some of the first fifteen are over.
  const waitSeconds = Number(over.headers.get('retry-after'))
  expect(waitSeconds).toBeLessThanOrEqual(15)
  expect(waitSeconds).toBeGreaterThanOrEqual(15 - Math.ceil((performance.now() - begunAt) / 1_000))
  expect((await put('peek_wrong')).status).toBe(401)
})

test('S1 keys work while logic is away, also after a restart of the agent; one revoked meanwhile ends when logic is back', async () => {
  const { key, id } = await makeKey({ name: 'Away' })
  await eventually('the agent knows the key', async () => (await put(key)).status === 202)
  isOnline = false
  await agent.stop()
  agent = startAgent()
  expect((await put(key)).status).toBe(202)
  expect((await post(`/${id}/revoke`, {})).status).not.toBe(200)
  expect((await post(`/${id}/revoke`, { reason: 'left the company' })).status).toBe(200)
  expect((await put(key)).status).toBe(202)
  isOnline = true
  await eventually('the key counts no more', async () => (await put(key)).status === 401)
  expect(store.streamOf(`peek.ApiKey-${id}`).map(({ type, data }) => [type, data])).toEqual([
    ['peek.ApiKeyCreated', { ...draft, name: 'Away' }],
    ['peek.ApiKeyRevoked', { name: 'Away', reason: 'left the company' }],
  ])
  // A second time changes nothing and says nothing.
  expect((await post(`/${id}/revoke`, { reason: 'again' })).status).toBe(200)
  expect(store.streamOf(`peek.ApiKey-${id}`)).toHaveLength(2)
})

test('S4 keys are given to agents only', async () => {
  const body = JSON.stringify({ version: '', uses: [], apis: [] })
  await expect(linked.answer({ ...self, role: 'field' }, body)).rejects.toThrow('agents only')
  await expect(linked.answer({ ...self, role: 'agent' }, '{"version":1}')).rejects.toThrow('is wrong')
})

test('logic knows what plugins on linked agents ask for, and refuses drafts that make no sense', async () => {
  await eventually('the agent has told', async () => linked.agents().some(({ apis }) => apis.length > 0))
  const { plugins } = (await (await admin.request('/scopes')).json()) as { plugins: unknown[] }
  expect(plugins).toEqual([
    {
      plugin: 'meters',
      title: 'Meters',
      version: '1.2.0',
      scopes: [
        { scope: 'write', routes: ['POST /meters/:meterId/readings'] },
        { scope: 'read', routes: ['GET /meters/:meterId'] },
      ],
    },
  ])
  for (const change of [
    { name: ' ' },
    { scopes: [] },
    { scopes: ['meters'] },
    { scopes: ['meters:read', 'meters:read'] },
    { requestsPerMinute: 0 },
    { expiresAt: 1_000 },
  ])
    expect([change, (await post('/', { ...draft, ...change })).status]).not.toEqual([change, 200])
  linked.leave('agent-1')
  expect(linked.agents()).toEqual([])
})

test('an administrator sees what was asked of an agent, a page at a time', async () => {
  const look = async (query: string) => {
    const response = await admin.request(`/requests?agent=agent-1&${query}`)
    return (await response.json()) as {
      requests: { id: number; status: number; keyName: string | null }[]
      next: number | null
    }
  }
  const first = await look('limit=2')
  expect(first.requests).toHaveLength(2)
  const second = await look(`limit=2&before=${first.next}`)
  expect(second.requests[0]?.id).toBeLessThan(first.requests[1]?.id ?? 0)
  const refused = (await look('failed=true&limit=200')).requests
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([401, 403, 404, 422, 429]))
  expect((await admin.request('/requests?agent=other')).status).not.toBe(200)
  await eventually('the agent has told that it is there', () => linked.agents().length > 0)
  expect(await (await admin.request('/agents')).json()).toEqual({ agents: [self] })
})

test('a sender that never says how much it sends is stopped at the bound, and one that breaks off ends nothing', async () => {
  const { key } = await makeKey({ name: 'Streams' })
  await eventually('the agent knows the key', async () => (await put(key)).status === 202)
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode(' '.repeat(64 * 1024))),
  })
  const response = await fetch(`${agent.url}/p/meters/meters/${meterId}/readings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: endless,
  }).catch(() => undefined)
  // The answer comes before all is sent; a client may only see the connection close.
  expect([413, undefined]).toContain(response?.status)
  const giveUp = new AbortController()
  const torn = fetch(`${agent.url}/p/meters/meters/${meterId}/readings`, {
    method: 'POST',
    signal: giveUp.signal,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])) }),
  })
  giveUp.abort()
  await expect(torn).rejects.toThrow()
  expect((await put(key)).status).toBe(202)
  await eventually('the refusal is written down', async () =>
    agent.requests.find({ countMax: 50, failed: true }).some(({ status }) => status === 413),
  )
})

test('a key past its time takes no room, and is forgotten after it has been past its time as long as it counted', async () => {
  const add = (name: string, madeAgo: string, endedAgo: string | null, count = 1) =>
    database.sql`insert into platform.api_keys
        (id, name, hash, scopes, requests_per_minute, made_by, made_at, expires_at)
      select gen_random_uuid(), ${name}, decode(repeat('00', 32), 'hex'), '{}', 1, 'test',
        now() - ${madeAgo}::interval, now() - ${endedAgo}::interval
      from generate_series(1, ${count})`
  await add('short, just over', '12 minutes', '2 minutes', apiKeyCountMax)
  await add('short, long over', '40 minutes', '30 minutes')
  await add('year, over for a month', '400 days', '30 days')
  await add('year, over for long', '500 days', '91 days')
  await add('never over', '500 days', null)
  const kept = ['never over', 'short, just over', 'year, over for a month']
  const namesOf = (found: readonly { readonly name: string }[]) => [...new Set(found.map(({ name }) => name))]
  const isAdded = (name: string) => name.includes('over')
  expect(
    namesOf(await keys.list())
      .filter(isAdded)
      .sort(),
  ).toEqual(kept)
  expect(
    namesOf((await keys.held()).keys)
      .filter(isAdded)
      .sort(),
  ).toEqual(kept)
  await makeKey({ name: 'Room' })
  await database.sql`delete from platform.api_keys where made_by = 'test'`
})

test('there are never more keys than somebody can look through', async () => {
  await database.sql`insert into platform.api_keys (id, name, hash, scopes, requests_per_minute, made_by, made_at)
    select gen_random_uuid(), 'filled', decode(repeat('00', 32), 'hex'), '{}', 1, 'test', now()
    from generate_series(1, ${apiKeyCountMax})`
  const before = store.log.length
  const response = await post('/', draft)
  expect(response.status).not.toBe(200)
  // What is not done is not said to have been decided.
  expect(store.log.length).toBe(before)
  await database.sql`delete from platform.api_keys where name = 'filled'`
})
