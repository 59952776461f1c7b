import { beforeEach, describe, expect, test } from 'bun:test'
import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { silentLog } from '#kernel/log.ts'
import { logStart, toPosition } from '#kernel/position.ts'
import type { Projector } from '#projection/projector.ts'
import { counterRequest, createCounterRunner } from '#testing/counter.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { createAdminApi } from './admin-api.ts'
import { createAdminLogin, sessionKeyIn } from './login.ts'

const credentials = { user: 'root', password: 'correct horse' }
let clock: FakeClock
let store: MemoryEventStore
let api: ReturnType<typeof createAdminApi>
let resets: string[] = []
let resetAsked = createDeferred()
let hasStore = true
let hangs = false
let address = '10.0.0.1'
let cookie = ''

beforeEach(() => {
  clock = createFakeClock(1_000_000)
  store = createMemoryEventStore()
  resetAsked = createDeferred()
  ;[resets, hasStore, hangs, address, cookie] = [[], true, false, '10.0.0.1', '']
  api = createAdminApi({
    login: createAdminLogin({ ...credentials, clock }),
    store: () => (hasStore ? store : undefined),
    operations: () => undefined,
    projectors: () => [projector('tutorial.string-ints'), projector('peek.action-audit')],
    reactors: () => [],
    rebuilds: () => undefined,
    parking: () => undefined,
    audit: () => undefined,
    evidence: () => undefined,
    progress: () => [progressOf('tutorial.string-ints')],
    addressOf: () => address,
    clock,
    instance: 'logic-1',
    log: silentLog,
  })
})

/** A request as a browser sends it; the body as JSON. */
async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await api.request(`http://admin.example:8010${path}`, {
    method,
    headers: { host: 'admin.example:8010', cookie, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json(), headers: response.headers }
}
const signIn = (change: object = {}, headers = {}) => ask('POST', '/login', { ...credentials, ...change }, headers)
async function signedIn(): Promise<void> {
  const { headers } = await signIn()
  cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
}
const forbidden = { status: 401, body: { error: { kind: 'forbidden' } } }

describe('sign-in', () => {
  test('gives a cookie that scripts and other sites cannot use', async () => {
    const { status, body, headers } = await signIn()
    expect([status, body]).toEqual([200, { user: 'root' }])
    expect(headers.get('set-cookie')).toMatch(/^peek-admin=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('over https the cookie stays on https', async () => {
    const response = await api.request('https://admin.example/login', {
      method: 'POST',
      body: JSON.stringify(credentials),
    })
    expect(response.headers.get('set-cookie')).toContain('Secure')
  })

  test.each([{ password: 'wrong' }, { user: 'toor' }, { password: '' }])('refuses %j', async (change) => {
    expect(await signIn(change)).toMatchObject(forbidden)
  })

  test('says what it wants of a request it cannot read', async () => {
    const words = 'Signing in needs { "user": text, "password": text }.'
    for (const body of ['{', '[]', { user: 1 }])
      expect(await ask('POST', '/login', body)).toMatchObject({ status: 400, body: { error: { words } } })
    expect(await ask('POST', '/login', { user: 'x'.repeat(100_000) })).toMatchObject({ status: 413 })
  })

  test('slows down an address that guesses, and only that one; the wait grows and ends', async () => {
    for (let count = 0; count < 5; count++) expect(await signIn({ password: 'wrong' })).toMatchObject(forbidden)
    expect(await signIn()).toMatchObject({ status: 429, body: { error: { words: expect.stringContaining('1 s') } } })
    address = '10.0.0.2'
    expect(await signIn()).toMatchObject({ status: 200 })
    address = '10.0.0.1'
    clock.advance(1_000)
    await signIn({ password: 'wrong' })
    clock.advance(1_999)
    expect(await signIn()).toMatchObject({ status: 429 })
    clock.advance(1)
    expect(await signIn()).toMatchObject({ status: 200 })
  })
})

describe('a session', () => {
  test('is asked for everywhere, and names its user', async () => {
    for (const path of ['/me', '/events', '/projections', '/nothing'])
      expect(await ask('GET', path)).toMatchObject(forbidden)
    await signedIn()
    expect(await ask('GET', '/me')).toMatchObject({ status: 200, body: { user: 'root' } })
    expect(await ask('GET', '/nothing')).toMatchObject({ status: 404, body: { error: { kind: 'not-found' } } })
  })

  test('ends with sign-out', async () => {
    await signedIn()
    expect(await ask('POST', '/logout')).toMatchObject({ status: 200 })
    expect(await ask('GET', '/me')).toMatchObject(forbidden)
  })

  test('ends when somebody signs in anew in the same browser', async () => {
    await signedIn()
    const before = cookie
    await signedIn()
    expect((await ask('GET', '/me')).status).toBe(200)
    cookie = before
    expect(await ask('GET', '/me')).toMatchObject(forbidden)
  })

  test('lasts twelve hours from its last use', async () => {
    await signedIn()
    clock.advance(12 * 3_600_000 - 1)
    expect(await ask('GET', '/me')).toMatchObject({ status: 200 })
    clock.advance(12 * 3_600_000 - 1)
    expect(await ask('GET', '/me')).toMatchObject({ status: 200 })
    clock.advance(12 * 3_600_000)
    expect(await ask('GET', '/me')).toMatchObject(forbidden)
  })

  test.each(['https://evil.example', 'null', 'no address'])('is no use to a page from %s', async (origin) => {
    await signedIn()
    const refused = await ask('POST', '/projections/peek.action-audit/reset', {}, { origin })
    expect(refused).toMatchObject({ status: 403, body: { error: { kind: 'forbidden' } } })
    expect(resets).toEqual([])
    expect(await ask('POST', '/logout', {}, { origin: 'http://admin.example:8010' })).toMatchObject({ status: 200 })
  })

  test('its key is found among other cookies', () => {
    expect(sessionKeyIn('a=1; peek-admin=key=with=signs; b=2')).toBe('key=with=signs')
    expect(sessionKeyIn('not-peek-admin=x')).toBeUndefined()
    expect(sessionKeyIn(null)).toBeUndefined()
  })
})

describe('recorded events', () => {
  beforeEach(async () => {
    await signedIn()
    const runner = createCounterRunner({ store })
    for (let amount = 0; amount < 7; amount++)
      await runner.run(counterRequest({ fields: { counterId: `c${amount % 2}`, amount } }))
    await store.append('changes-test.counters', [eventOf('peek.ReadModelChanged')], 'any')
    await store.append('test.Other-1', [eventOf('test.Foreign')], 'any')
  })

  test('come newest first, page by page, each once, without announcements', async () => {
    const types: string[] = []
    let pageCount = 0
    for (let before: string | null = ''; before !== null; pageCount++) {
      const { body } = await ask('GET', `/events?limit=3&before=${before}`)
      types.push(
        ...body.events.map((event: { type: string; data: { amount?: number } }) => event.data.amount ?? event.type),
      )
      before = body.next
    }
    expect(types.map(String)).toEqual(['test.Foreign', '6', '5', '4', '3', '2', '1', '0'])
    expect(pageCount).toBe(3)
  })

  test('are found by stream and by type', async () => {
    const count = async (query: string) => (await ask('GET', `/events?${query}`)).body.events.length
    expect(await count('stream=test.Counter-c1')).toBe(3)
    expect(await count('type=test.Foreign')).toBe(1)
    expect(await count('stream=test.Counter-c1&type=test.Foreign')).toBe(0)
    expect(await count('stream=changes-test.counters')).toBe(1)
    expect(await count('stream=test.Counter-c')).toBe(0)
  })

  test('of one stream are read from it, page by page, and the log is not looked through', async () => {
    store.readLog = () => Promise.reject(new Error('the log was looked through'))
    const amounts: number[] = []
    for (let before: string | null = ''; before !== null; ) {
      const { body } = await ask('GET', `/events?stream=test.Counter-c0&limit=2&before=${before}`)
      amounts.push(...body.events.map((event: { data: { amount: number } }) => event.data.amount))
      before = body.next
    }
    expect(amounts).toEqual([6, 4, 2, 0])
  })

  test('show who did what, also where the metadata says little', async () => {
    const { body } = await ask('GET', '/events?limit=2')
    expect(body.events).toMatchObject([
      { type: 'test.Foreign', user: null, actionId: null, recordedAt: expect.any(Number) },
      { type: 'test.AddToCounter', user: 'ann', device: 'tablet-1', occurredAt: 1_000, recordedAt: 5_000 },
    ])
  })

  test.each([
    ['limit=0', 'limit is "0": wanted a whole number from 1.'],
    ['limit=many', 'limit is "many": wanted a whole number from 1.'],
    ['before=yesterday', 'before is "yesterday": wanted a position from an earlier page.'],
    ['stream=test.Counter-c1&before=-1', 'before is "-1": wanted a revision from an earlier page.'],
  ])('%s is refused in words that help', async (query, words) => {
    expect(await ask('GET', `/events?${query}`)).toMatchObject({
      status: 400,
      body: { error: { kind: 'bad-input', words } },
    })
  })

  test('wait for the event store', async () => {
    hasStore = false
    expect(await ask('GET', '/events')).toMatchObject({ status: 503, body: { error: { kind: 'unavailable' } } })
  })
})

describe('projections', () => {
  beforeEach(signedIn)

  test('show how they stand', async () => {
    const { body } = await ask('GET', '/projections')
    expect(body.projections.map(({ id }: { id: string }) => id)).toEqual(['tutorial.string-ints', 'peek.action-audit'])
  })

  test('show how far behind they are and how fast they go, once that was looked at', async () => {
    const { body } = await ask('GET', '/projections')
    expect(body.projections).toMatchObject([
      { id: 'tutorial.string-ints', state: 'live', lagEvents: 7, ratePerSecond: 3, position: lookedAt, head: lookedAt },
      { id: 'peek.action-audit', state: 'live' },
    ])
  })

  test('a reset that cannot begin is answered in time', async () => {
    hangs = true
    const asked = ask('POST', '/projections/peek.action-audit/reset')
    await resetAsked.promise
    clock.advance(8_000)
    expect(await asked).toMatchObject({ status: 503, body: { error: { kind: 'timeout' } } })
  })

  test('are reset by name; who did it and why is in the log first', async () => {
    const reset = await ask('POST', '/projections/tutorial.string-ints/reset', { reason: 'drill' })
    expect(reset).toMatchObject({ status: 200, body: { projection: { id: 'tutorial.string-ints' } } })
    expect(resets).toEqual(['tutorial.string-ints'])
    expect(store.log).toMatchObject([
      {
        stream: 'peek.Projections-tutorial.string-ints',
        type: 'peek.ProjectionResetRequested',
        data: { projection: 'tutorial.string-ints', reason: 'drill' },
        metadata: { user: 'root', device: 'logic-1', plugin: 'peek' },
      },
    ])
  })

  test('an unknown one is refused with the nearest right name, and so is a reason too long', async () => {
    expect(await ask('POST', '/projections/tutorial.string-int/reset')).toMatchObject({
      status: 404,
      body: { error: { words: 'There is no projection "tutorial.string-int"; did you mean "tutorial.string-ints"?' } },
    })
    const reason = 'x'.repeat(1_001)
    expect(await ask('POST', '/projections/peek.action-audit/reset', { reason })).toMatchObject({ status: 400 })
    hasStore = false
    expect(await ask('POST', '/projections/peek.action-audit/reset')).toMatchObject({ status: 503 })
    expect([resets, store.log]).toEqual([[], []])
  })
})

function projector(id: string): Projector {
  const [plugin = '', name = ''] = id.split('.')
  return {
    id,
    filter: { on: 'type', prefixes: ['x'] },
    status: () => ({
      id,
      plugin,
      name,
      version: 1,
      state: 'live',
      position: logStart,
      incarnation: 'i',
      eventCount: 0,
      parkedCount: 0,
      loadedVersion: 1,
      lastError: null,
      lastErrorEventId: null,
      lastErrorPosition: null,
      lastErrorStream: null,
      frozenWords: null,
      lastEventAt: null,
      lastCommitAt: null,
    }),
    reset: () => {
      resets.push(id)
      resetAsked.resolve()
      return hangs ? new Promise(() => undefined) : Promise.resolve()
    },
    hold: (work) => work({ position: logStart, isStopping: () => false }),
    stop: async () => undefined,
    inTurn: () => Promise.reject(new Error('no run, no turn')),
  }
}

const lookedAt = toPosition(9n, 9n)

function progressOf(id: string) {
  const status = projector(id).status()
  const looked = {
    position: lookedAt,
    head: lookedAt,
    lagEvents: 7,
    lagSeconds: 1,
    ratePerSecond: 3,
    etaSeconds: 2,
    etaSecondsMin: 1,
    etaSecondsMax: 3,
    live: false,
  }
  const tables = { tableBytes: null, keptVersion: null, keptBytes: null, pinnedVersion: null }
  return { ...status, ...looked, ...tables, observables: [], watchedSelectors: 0, state: 'stalled' as const }
}

function eventOf(type: string) {
  return { id: crypto.randomUUID(), type, data: {}, metadata: {} }
}
