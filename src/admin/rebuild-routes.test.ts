import { beforeEach, describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { logStart } from '#kernel/position.ts'
import type { Projector } from '#projection/projector.ts'
import { firstStatus } from '#projection/projector-status.ts'
import type { RowDifference } from '#projection/rebuild/rebuild-state.ts'
import { createFakeRebuildControl, type FakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import { counters } from '#testing/counter-model.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { createAdminApi } from './admin-api.ts'
import { createAdminLogin } from './login.ts'

const id = 'test.counters'
const differences: readonly RowDifference[] = Array.from({ length: 7 }, (_, index) => ({
  table: 'counters',
  key: `c${index}`,
  live: index === 0 ? undefined : { id: `c${index}`, total: index },
  shadow: { id: `c${index}`, total: index + 1 },
}))

let control: FakeRebuildControl
let leads: boolean
let api: ReturnType<typeof createAdminApi>
let cookie: string

beforeEach(async () => {
  const clock = createFakeClock(1_000_000)
  control = createFakeRebuildControl({ clock, versions: { [id]: 2 }, differences })
  ;[leads, cookie] = [true, '']
  const projector: Projector = {
    id,
    filter: { on: 'type', prefixes: ['x'] },
    status: () => firstStatus(counters),
    reset: async () => undefined,
    hold: (work) => work({ position: logStart, isStopping: () => false }),
    stop: async () => undefined,
    inTurn: () => Promise.reject(new Error('no run, no turn')),
  }
  api = createAdminApi({
    login: createAdminLogin({ user: 'root', password: 'correct horse', clock }),
    store: createMemoryEventStore,
    operations: () => undefined,
    audit: () => undefined,
    evidence: () => undefined,
    projectors: () => (leads ? [projector] : []),
    reactors: () => [],
    rebuilds: () => (leads ? control : undefined),
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
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await api.request(path, {
    method,
    headers: { cookie },
    ...(body === undefined ? {} : { body: text }),
  })
  return { status: response.status, body: await response.json() }
}
const start = (body: object = {}) => ask('POST', `/projections/${id}/rebuild`, body)
const walk = (stepCount: number): void => {
  for (let step = 0; step < stepCount; step++) control.step()
}
/** Through queued, ten tenths of the folding, indexing, following and proving. */
const stepsToComparing = 15

test('only somebody who signed in may look or act', async () => {
  cookie = ''
  for (const [method, path] of [
    ['GET', '/rebuilds'],
    ['GET', '/projections/kept'],
    ['GET', `/projections/${id}/estimate`],
    ['POST', `/projections/${id}/rebuild`],
    ['POST', `/projections/${id}/return`],
    ['POST', `/projections/${id}/drop`],
    ['POST', '/rebuilds/x/cancel'],
  ] as const)
    expect((await ask(method, path)).status).toBe(401)
  expect(control.calls).toEqual([])
})

describe('a rebuild', () => {
  test('says before it starts what it would take', async () => {
    expect(await ask('GET', `/projections/${id}/estimate`)).toMatchObject({
      status: 200,
      body: { estimate: { eventCount: 1_000_000, seconds: 12, observables: ['tutorial.StringInt'] } },
    })
    expect(control.list()).toEqual([])
  })

  test('is started with who, why and how, and found in the list and at its projection', async () => {
    const { status, body } = await start({ reason: 'new column', asksFirst: true, rateMax: 500 })
    expect(status).toBe(202)
    expect(body.rebuild).toMatchObject({
      projection: id,
      kind: 'rebuild',
      by: 'root',
      reason: 'new column',
      asksFirst: true,
      rateMax: 500,
      phase: 'queued',
    })
    expect((await ask('GET', '/rebuilds')).body.rebuilds).toMatchObject([{ id: body.rebuild.id }])
    expect((await ask('GET', `/rebuilds/${body.rebuild.id}`)).body.rebuild).toMatchObject({ reason: 'new column' })
    expect((await ask('GET', `/projections/${id}`)).body).toMatchObject({
      projection: { id },
      kept: null,
      rebuilds: [{ id: body.rebuild.id }],
    })
  })

  test('goes as fast as it may and asks nobody unless told otherwise; no body at all is fine', async () => {
    expect((await ask('POST', `/projections/${id}/rebuild`)).body.rebuild).toMatchObject({
      asksFirst: false,
      rateMax: null,
      reason: '',
    })
  })

  test('is refused while another of the same projection is under way, as a conflict', async () => {
    await start()
    expect(await start()).toMatchObject({ status: 409, body: { error: { kind: 'already-running' } } })
  })

  test.each([
    [{ rateMax: 0 }, 'rateMax must be at least 1 event a second'],
    [{ rateMax: 1.5 }, 'rateMax must be a whole number'],
    [{ rateMax: 'fast' }, 'rateMax must be events a second, or null for no limit'],
    [{ rateMax: 1e9 }, 'rateMax must be at most 10000000'],
    [{ asksFirst: 'yes' }, 'asksFirst'],
    [{ ask: true }, 'ask'],
    [{ reason: 'x'.repeat(1_001) }, 'reason'],
    ['{"rateMax": 10', 'its body is no JSON object'],
    ['[]', 'its body is no JSON object'],
  ])('is refused in words that help: %j', async (body, words) => {
    const refused = await ask('POST', `/projections/${id}/rebuild`, body)
    expect(refused).toMatchObject({ status: 400, body: { error: { kind: 'bad-input' } } })
    expect(refused.body.error.words).toContain(words)
    expect(control.calls).toEqual([])
  })

  test('keeps its projection from being emptied meanwhile', async () => {
    const reset = () => ask('POST', `/projections/${id}/reset`)
    await start()
    expect(await reset()).toMatchObject({ status: 409, body: { error: { kind: 'already-running' } } })
    const [rebuild] = control.list()
    await ask('POST', `/rebuilds/${rebuild?.id}/cancel`)
    expect(await reset()).toMatchObject({ status: 200 })
  })

  test('is paused, resumed, slowed down and cancelled by whoever signed in; each answer says how it is then', async () => {
    const rebuildId = (await start()).body.rebuild.id
    const steer = async (verb: string, body?: object) =>
      (await ask('POST', `/rebuilds/${rebuildId}/${verb}`, body)).body
    expect(await steer('pause')).toMatchObject({ rebuild: { isPaused: true } })
    expect(await steer('resume')).toMatchObject({ rebuild: { isPaused: false } })
    expect(await steer('throttle', { rateMax: 1_000 })).toMatchObject({ rebuild: { rateMax: 1_000 } })
    expect(await steer('throttle', { rateMax: null })).toMatchObject({ rebuild: { rateMax: null } })
    expect(await steer('cancel', { reason: 'wrong day' })).toMatchObject({ rebuild: { phase: 'cancelled' } })
    expect(control.calls.slice(1)).toEqual([
      `pause ${rebuildId} by root`,
      `resume ${rebuildId} by root`,
      `throttle ${rebuildId} to 1000 by root`,
      `throttle ${rebuildId} to null by root`,
      `cancel ${rebuildId} by root: wrong day`,
    ])
    expect(await ask('POST', `/rebuilds/${rebuildId}/pause`)).toMatchObject({ status: 400 })
  })

  test('a slowing down without a rate is refused: nothing is guessed', async () => {
    const rebuildId = (await start()).body.rebuild.id
    expect(await ask('POST', `/rebuilds/${rebuildId}/throttle`, {})).toMatchObject({ status: 400 })
  })

  test('waits for the word when it was asked to; the differences come in pages, each once, in order', async () => {
    const rebuildId = (await start({ asksFirst: true })).body.rebuild.id
    walk(stepsToComparing)
    expect(control.list()).toMatchObject([{ phase: 'comparing', differences: { added: 1, removed: 0, changed: 6 } }])
    const keys: string[] = []
    let after: string | null = ''
    while (after !== null) {
      const { body } = await ask('GET', `/rebuilds/${rebuildId}/differences?limit=3&after=${encodeURIComponent(after)}`)
      expect(body.rows.length).toBeLessThanOrEqual(3)
      keys.push(...body.rows.map((row: { key: string }) => row.key))
      after = body.next
    }
    expect(keys).toEqual(differences.map(({ key }) => key))
    const [first] = (await ask('GET', `/rebuilds/${rebuildId}/differences`)).body.rows
    expect(first).toEqual({ table: 'counters', key: 'c0', live: null, shadow: { id: 'c0', total: 1 } })

    await ask('POST', `/rebuilds/${rebuildId}/approve`)
    walk(2)
    expect(control.list()).toMatchObject([{ phase: 'done', swapMs: 12 }])
  })

  test('that is not there is named, and so is a wrong page', async () => {
    expect(await ask('GET', '/rebuilds/nothing')).toMatchObject({
      status: 404,
      body: { error: { words: expect.stringContaining('There is no rebuild "nothing"') } },
    })
    expect(await ask('POST', '/rebuilds/nothing/pause')).toMatchObject({ status: 404 })
    const rebuildId = (await start()).body.rebuild.id
    expect(await ask('GET', `/rebuilds/${rebuildId}/differences?limit=none`)).toMatchObject({ status: 400 })
  })

  test('of a projection with a slip of the keyboard is refused with the right name', async () => {
    expect(await ask('POST', '/projections/test.counter/rebuild')).toMatchObject({
      status: 404,
      body: { error: { words: 'There is no projection "test.counter"; did you mean "test.counters"?' } },
    })
  })
})

describe('the tables of the earlier version', () => {
  test('are kept after a rebuild, can be returned to, and dropped', async () => {
    expect(await ask('POST', `/projections/${id}/return`)).toMatchObject({ status: 404 })
    await start()
    walk(stepsToComparing + 1)
    expect((await ask('GET', '/projections/kept')).body.kept).toMatchObject([{ projection: id, version: 2 }])
    expect((await ask('GET', `/projections/${id}`)).body.kept).toMatchObject({ version: 2, obstacle: null })
    expect(await ask('POST', `/projections/${id}/return`, { reason: 'wrong totals' })).toMatchObject({
      status: 202,
      body: { rebuild: { kind: 'return', toVersion: 2, reason: 'wrong totals' } },
    })
    expect(await ask('POST', `/projections/${id}/drop`)).toMatchObject({ status: 200 })
    expect(await ask('POST', `/projections/${id}/drop`)).toMatchObject({ status: 404 })
    expect(control.calls.at(-1)).toBe(`drop ${id} by root`)
  })
})

describe('what goes wrong below', () => {
  const failWith = (error: unknown): void => void Object.assign(control, { drop: () => Promise.reject(error) })
  const drop = () => ask('POST', `/projections/${id}/drop`)

  test('a lock that was not free in time is no fault of the server: the answer says to try again', async () => {
    failWith(Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' }))
    const { status, body } = await drop()
    expect([status, body.error.kind]).toEqual([503, 'unavailable'])
    expect(body.error.words).toBe('Others hold what this needs in the database just now: try again shortly.')
  })

  test.each([
    ['disk-full', 503],
    ['lost-leadership', 503],
    ['revision-conflict', 409],
  ] as const)('%s comes in its own words', async (kind, wanted) => {
    failWith(new PlatformError(kind, 'These words.'))
    expect(await drop()).toMatchObject({ status: wanted, body: { error: { kind, words: 'These words.' } } })
  })

  test('anything else is logged, and nothing of it is told', async () => {
    failWith(new Error('a secret'))
    const { status, body } = await drop()
    expect(status).toBe(500)
    expect(JSON.stringify(body)).not.toContain('secret')
  })
})

test('where logic does not lead, every answer says to try again', async () => {
  leads = false
  for (const [method, path] of [
    ['GET', '/rebuilds'],
    ['GET', '/projections/kept'],
    ['POST', `/projections/${id}/rebuild`],
    ['POST', '/rebuilds/x/pause'],
  ] as const)
    expect(await ask(method, path)).toMatchObject({ status: 503, body: { error: { kind: 'unavailable' } } })
})
