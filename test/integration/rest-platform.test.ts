/** Programs outside and the whole platform as processes: what an agent has taken is not lost, and not done twice. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { recoverySite } from '#support/admin-page.ts'
import { eventually } from '#support/eventually.ts'
import { freePorts } from '#support/free-ports.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'

const startTimeoutMs = 120_000
const meterId = '00000000-0000-4000-8000-00000000000a'

let platform: Platform
let cookie: string

beforeAll(async () => {
  const folder = join(projectFolder, 'test/support/plugins')
  const ports = await freePorts()
  platform = await startPlatform({ environment: { ...ports, PEEK_PLUGINS: 'meters', PEEK_PLUGIN_FOLDER: folder } })
  const { url, user, password } = recoverySite(platform)
  const login = await fetch(`${url}/api/login`, { method: 'POST', body: JSON.stringify({ user, password }) })
  cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
}, startTimeoutMs)
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
}, startTimeoutMs)

async function askAdmin<T>(path: string, body?: object): Promise<T> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`${platform.url('logic')}/api${path}`, { ...init, headers: { cookie } })
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}
/** Undefined while nobody listens. */
const put = (key: string, idempotencyKey: string, value = 42) =>
  fetch(`${platform.url('agent')}/p/meters/meters/${meterId}/readings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    body: JSON.stringify({ value, readAt: 1_000 }),
  }).catch(() => undefined)
const makeKey = async () => {
  const draft = { name: 'ERP', scopes: ['meters:write'], requestsPerMinute: 10_000, expiresAt: null }
  return (await askAdmin<{ key: string }>('/api-keys', draft)).key
}
const readings = async () => {
  const { events } = await askAdmin<{ events: { type: string; data: { value: number } }[] }>(
    `/events?stream=meters.Meter-${meterId}`,
  )
  return events.filter(({ type }) => type === 'meters.PutReading').map(({ data }) => data.value)
}

test('E2 a request that an agent took while logic was frozen is done once, though the agent was killed and asked again', async () => {
  const key = await makeKey()
  await eventually('the agent knows the key', async () => (await put(key, 'first', 1))?.status === 202)
  await eventually('the first reading is recorded', async () => (await readings()).length === 1)

  const { pid: logicPid = 0 } = platform.part('logic')
  process.kill(logicPid, 'SIGSTOP')
  let taken: unknown
  try {
    const response = await put(key, 'second')
    expect(response?.status).toBe(202)
    taken = await response?.json()
    process.kill(platform.part('agent').pid ?? 0, 'SIGKILL')
    await platform.next('ready', 'agent')
    await eventually('the agent is back, with the keys it holds', async () => {
      const again = await put(key, 'second')
      if (again?.status !== 202) return false
      expect(await again.json()).toEqual(taken)
      return true
    })
    // The same key of a request with another body is the caller's mistake.
    expect((await put(key, 'second', 43))?.status).toBe(422)
  } finally {
    process.kill(logicPid, 'SIGCONT')
  }
  await eventually('the reading is recorded', async () => (await readings().catch((): number[] => [])).includes(42))
  await eventually('the agent takes another', async () => (await put(key, 'third', 100))?.status === 202)
  await eventually('the next one is recorded', async () => (await readings()).includes(100))
  expect((await readings()).toSorted((a, b) => a - b)).toEqual([1, 42, 100])
}, 120_000)

test('an agent tells over the link what it was asked; a revoked key ends at once', async () => {
  const key = await makeKey()
  await eventually('the agent knows the key', async () => (await put(key, 'other', 200))?.status === 202)
  const { agents } = await askAdmin<{ agents: { instance: string }[] }>('/api-keys/agents')
  const [agent] = agents
  const { requests } = await askAdmin<{ requests: { status: number; keyName: string }[] }>(
    `/api-keys/requests?agent=${agent?.instance}&limit=5`,
  )
  expect(requests[0]).toMatchObject({ status: 202, keyName: 'ERP' })
  const { keys } = await askAdmin<{ keys: { id: string; start: string }[] }>('/api-keys')
  const mine = keys.find(({ start }) => key.startsWith(start.slice(0, -1)))
  await askAdmin(`/api-keys/${mine?.id}/revoke`, { reason: 'lost' })
  await eventually('the agent refuses it', async () => (await put(key, 'last', 300))?.status === 401)
}, 120_000)
