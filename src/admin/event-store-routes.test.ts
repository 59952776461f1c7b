import { beforeEach, expect, test } from 'bun:test'
import type { GroupName, StoreOperations } from '#event-store/store-operations.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { createAdminApi } from './admin-api.ts'
import { createAdminLogin } from './login.ts'

const name: GroupName = { stream: 'orders-1', group: 'mailer' }
let store: MemoryEventStore
let calls: unknown[][]
let hasOperations: boolean
let api: ReturnType<typeof createAdminApi>
let cookie: string

const operations: StoreOperations = {
  watchFigures: () => ({ stop: () => undefined }),
  loadFigures: () => Promise.resolve({}),
  loadGroups: () =>
    Promise.resolve([
      {
        ...name,
        status: 'Live',
        strategy: 'RoundRobin',
        consumerCount: 0,
        inFlightCount: 0,
        bufferedCount: 0,
        retryCount: 0,
        parkedCount: 1,
        ratePerSecond: 0,
        totalCount: 0,
        checkpoint: undefined,
        lastKnown: undefined,
        lagEvents: undefined,
      },
    ]),
  loadParked: (...asked) => {
    calls.push(['loadParked', ...asked])
    const message = { revision: 3, parkedAt: 5, reason: 'no such customer', retryCount: 2, event: undefined, link: '' }
    return Promise.resolve({ messages: [message], next: 4 })
  },
  replayParked: async (...asked) => void calls.push(['replayParked', ...asked]),
  startScavenge: () => Promise.resolve('s1'),
  stopScavenge: () => Promise.reject(new PlatformError('not-found', 'No such scavenge is under way.')),
  loadScavenges: () => Promise.resolve([]),
  backUp: (...asked) => {
    calls.push(['backUp', asked[0]])
    return Promise.reject(new PlatformError('disk-full', 'No room.'))
  },
  close: () => Promise.resolve(),
}

beforeEach(async () => {
  const clock = createFakeClock(1_000_000)
  store = createMemoryEventStore()
  ;[calls, hasOperations, cookie] = [[], true, '']
  api = createAdminApi({
    login: createAdminLogin({ user: 'root', password: 'correct horse', clock }),
    store: () => store,
    operations: () => (hasOperations ? operations : undefined),
    audit: () => undefined,
    evidence: () => undefined,
    projectors: () => [],
    reactors: () => [],
    rebuilds: () => undefined,
    parking: () => undefined,
    progress: () => [],
    addressOf: () => '10.0.0.1',
    clock,
    instance: 'logic-1',
    log: silentLog,
  })
  const response = await api.request('/login', {
    method: 'POST',
    body: JSON.stringify({ user: 'root', password: 'correct horse' }),
  })
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
})

async function ask(method: string, path: string, body?: unknown) {
  const response = await api.request(`/event-store${path}`, {
    method,
    headers: { cookie },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}
const recorded = () => store.readLog({ beyond: 'start', direction: 'forwards', countMax: 100 })

test('only somebody who signed in may look or act', async () => {
  cookie = ''
  for (const [method, path] of [
    ['GET', '/parked?stream=a&group=b'],
    ['POST', '/parked/replay'],
    ['POST', '/scavenges'],
    ['POST', '/scavenges/stop'],
    ['GET', '/scavenges'],
  ] as const)
    expect((await ask(method, path)).status).toBe(401)
  expect(await recorded()).toEqual([])
})

test('parked messages come in pages', async () => {
  const page = await ask('GET', '/parked?stream=orders-1&group=mailer&from=3&limit=1')
  expect(page).toMatchObject({
    status: 200,
    body: { messages: [{ revision: 3, reason: 'no such customer' }], next: 4 },
  })
  expect(calls).toEqual([['loadParked', name, { from: 3, countMax: 1 }]])
  for (const wrong of ['?group=a', '?stream=a', '?stream=a&group=b&from=-1', '?stream=a&group=b&limit=many'])
    expect((await ask('GET', `/parked${wrong}`)).status).toBe(400)
})

test('a replay is recorded with who and why, then done', async () => {
  expect(await ask('POST', '/parked/replay', { ...name, countMax: 5, reason: 'customer exists now' })).toEqual({
    status: 200,
    body: {},
  })
  expect(calls).toEqual([['replayParked', name, 5]])
  const [event] = await recorded()
  expect(event).toMatchObject({
    stream: 'peek.EventStore-parked',
    type: 'peek.ParkedReplayRequested',
    data: { ...name, countMax: 5, reason: 'customer exists now' },
    metadata: { user: 'root', device: 'logic-1' },
  })
})

test('a replay of a group that is not there is refused and leaves no trace', async () => {
  expect(await ask('POST', '/parked/replay', { stream: 'orders-2', group: 'mailer' })).toMatchObject({ status: 404 })
  expect(await ask('POST', '/parked/replay', { ...name, countMax: 0 })).toMatchObject({ status: 400 })
  expect([calls, await recorded()]).toEqual([[], []])
})

test('a scavenge is recorded and begun; stopping one that is not under way says so', async () => {
  expect(await ask('POST', '/scavenges', { reason: 'disk' })).toEqual({ status: 200, body: { id: 's1' } })
  expect(await ask('POST', '/scavenges/stop', { id: 's1' })).toMatchObject({ status: 404 })
  expect((await recorded()).map(({ type, data }) => [type, data])).toEqual([
    ['peek.ScavengeRequested', { reason: 'disk' }],
    ['peek.ScavengeStopRequested', { scavenge: 's1', reason: '' }],
  ])
})

test('a backup is recorded and begun under a name made of the time; its failure is not the answer', async () => {
  const { status, body } = await ask('POST', '/backups', { reason: 'before the upgrade' })
  expect([status, body]).toEqual([200, { name: 'log-1970-01-01T00-16-40-000Z.db' }])
  expect(calls).toEqual([['backUp', body.name]])
  expect(await recorded()).toMatchObject([{ type: 'peek.BackupRequested', data: { reason: 'before the upgrade' } }])
})

test('while the store is being reached, the answer says to try again', async () => {
  hasOperations = false
  expect(await ask('POST', '/scavenges', {})).toMatchObject({ status: 503 })
})
