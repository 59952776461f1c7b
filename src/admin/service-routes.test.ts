import { beforeEach, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { createAdminApi } from './admin-api.ts'
import { createAdminLogin } from './login.ts'
import { createFakeServiceControl, toServiceView } from './testing/fake-service-control.ts'

let control: ReturnType<typeof createFakeServiceControl>
let store: MemoryEventStore
let api: ReturnType<typeof createAdminApi>
let cookie: string

beforeEach(async () => {
  const clock = createFakeClock(1_000_000)
  control = createFakeServiceControl()
  control.rows.push(
    toServiceView({ id: 'agent-1' }),
    toServiceView({ id: 'agent-2', isSupervised: false }),
    toServiceView({ id: 'worker-1', name: 'worker', placeCount: 2 }),
    toServiceView({ id: 'worker-2', name: 'worker', state: 'lost', host: 'elsewhere' }),
  )
  store = createMemoryEventStore()
  cookie = ''
  api = createAdminApi({
    login: createAdminLogin({ user: 'root', password: 'correct horse', clock }),
    store: () => store,
    operations: () => undefined,
    audit: () => undefined,
    evidence: () => undefined,
    projectors: () => [],
    rebuilds: () => undefined,
    reactors: () => [],
    parking: () => undefined,
    services: control,
    progress: () => [],
    addressOf: () => '10.0.0.1',
    clock,
    instance: 'logic-1',
    log: silentLog,
  })
  const body = JSON.stringify({ user: 'root', password: 'correct horse' })
  const { headers } = await api.request('/login', { method: 'POST', body })
  cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
})

async function ask(method: string, path: string, body?: unknown) {
  const init = { method, headers: { cookie }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const response = await api.request(`/services${path}`, init)
  return { status: response.status, body: await response.json() }
}
const recorded = (id: string) => store.streamOf(`peek.Service-at-${id}`).map(({ type, data }) => ({ type, data }))

test('every instance is listed, each with the parts it runs', async () => {
  const part = {
    plugin: 'noop',
    version: '1.0.0',
    state: 'running',
    words: '',
    since: 5,
    failureCount: 0,
    startCount: 1,
    left: [],
  } as const
  control.partRows.push({ ...part, left: [], id: 'agent-1/noop', instance: 'agent-1', service: 'agent' })
  const { body } = await ask('GET', '')
  expect(body.services).toMatchObject([
    { id: 'agent-1', parts: [part] },
    { parts: [] },
    { parts: [] },
    { state: 'lost' },
  ])
})

test('a restart is recorded with who and why before it is ordered', async () => {
  expect(await ask('POST', '/agent-1/restart', { reason: 'it leaks' })).toMatchObject({ status: 200 })
  expect(recorded('agent-1')).toMatchObject([
    { type: 'peek.ServiceRestartRequested', data: { service: 'agent', instanceName: 'north', reason: 'it leaks' } },
  ])
  expect(control.ordered).toEqual([{ instance: 'agent-1', order: 'restart', by: 'root', reason: 'it leaks' }])
})

test('one that is lost is restarted all the same where its supervisor can be told to end it', async () => {
  control.rows.push(toServiceView({ id: 'worker-3', name: 'worker', state: 'lost' }))
  expect(await ask('POST', '/worker-3/restart', { reason: 'it hangs' })).toMatchObject({ status: 200 })
  expect(recorded('worker-3').map(({ type }) => type)).toEqual(['peek.ServiceRestartRequested'])
  expect(control.ordered).toMatchObject([{ instance: 'worker-3', order: 'restart' }])
  expect((await ask('POST', '/worker-3/drain', { reason: 'it hangs' })).status).toBe(503)
})

test('a worker is drained and takes jobs again; what is so already is neither recorded nor ordered', async () => {
  expect(await ask('POST', '/worker-1/resume')).toMatchObject({ body: { isChanged: false } })
  expect(await ask('POST', '/worker-1/drain', { reason: 'a new disk' })).toMatchObject({ body: { isChanged: true } })
  control.rows.splice(2, 1, toServiceView({ id: 'worker-1', name: 'worker', isDraining: true }))
  expect(await ask('POST', '/worker-1/drain', { reason: 'again' })).toMatchObject({ body: { isChanged: false } })
  expect(await ask('POST', '/worker-1/resume')).toMatchObject({ body: { isChanged: true } })
  expect(recorded('worker-1').map(({ type }) => type)).toEqual(['peek.WorkerDrained', 'peek.WorkerResumed'])
  expect(control.ordered.map(({ order }) => order)).toEqual(['drain', 'resume'])
})

test.each([
  ['/agent-2/restart', { reason: 'x' }, 400, 'was started by hand'],
  ['/worker-2/restart', { reason: 'x' }, 503, 'not connected'],
  ['/agent-9/restart', { reason: 'x' }, 404, 'No instance agent-9'],
  ['/agent-1/drain', { reason: 'x' }, 400, 'only a worker is drained'],
  ['/agent-1/restart', { reason: ' ' }, 400, 'must say why'],
  ['/worker-1/drain', {}, 400, 'reason'],
])('%s with %j is refused with %i, and nothing is recorded or ordered', async (path, body, status, words) => {
  const answer = await ask('POST', path, body)
  expect([answer.status, answer.body.error.words]).toEqual([status, expect.stringContaining(words)])
  expect([store.log.length, control.ordered.length]).toEqual([0, 0])
})
