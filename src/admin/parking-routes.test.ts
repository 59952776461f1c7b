import { beforeEach, describe, expect, test } from 'bun:test'
import { Hono } from 'hono'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { ParkedEntity, ParkingControl, ParkingDecision, ParkingWork } from '#projection/parking-control.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import type { AdminVariables } from './admin-options.ts'
import { createParkingRoutes } from './parking-routes.ts'

const projection = 'shop.orders'
const stream = 'shop.Order-1'
const eventId = newUuid()
let store: MemoryEventStore
let asked: unknown[]
let works: ParkingWork[]
let hangs: boolean
let leads: boolean
let routes: Hono<AdminVariables>

beforeEach(() => {
  store = createMemoryEventStore()
  ;[asked, works, hangs, leads] = [[], [], false, true]
  routes = new Hono<AdminVariables>()
  routes.onError((error, c) => c.json({ error: isPlatformError(error) ? error.kind : error.message }, 400))
  routes.use(async (c, next) => {
    c.set('user', 'ann')
    await next()
  })
  routes.route(
    '/',
    createParkingRoutes({ parking: () => (leads ? control : undefined), store: () => store, clock: impatientClock }),
  )
})

/** Waits for nobody. */
const impatientClock: Clock = { now: systemClock.now, after: (_, work) => systemClock.after(0, work) }
const outcome = {
  projectedCount: 1,
  skippedCount: 0,
  goneCount: 0,
  changedRowCount: 1,
  stillParkedCount: 0,
  words: null,
}
function begin(kind: ParkingWork['kind'], what: object, by: ParkingDecision): ParkingWork {
  asked.push([kind, what, by])
  const rest = { stream: null, fingerprint: null, doneCount: 0, totalCount: 1, error: null, startedAt: 1 }
  const work: ParkingWork = { ...by, ...rest, id: newUuid(), kind, state: 'running', outcome: null, endedAt: null }
  works.unshift(work)
  return work
}
const entityAt = (place: number): ParkedEntity => ({
  projection,
  stream: `shop.Order-${place}`,
  fingerprint: 'f',
  eventId: newUuid(),
  position: String(place).padStart(20, '0'),
  revision: 0,
  type: 'shop.OrderPlaced',
  words: 'a bug',
  actionId: null,
  actionUser: null,
  parkedCount: 1,
  parkedAt: 0,
})
const control: ParkingControl = {
  groups: async (of) => {
    asked.push(['groups', of])
    return []
  },
  entities: async (page) => {
    asked.push(['entities', page])
    return Array.from({ length: Math.min(3, page.countMax) }, (_, index) => entityAt(index))
  },
  retry: async (what, by) => begin('retry', what, by),
  skip: async (what, by) => begin('skip', what, by),
  replay: async (what, by) => begin('replay', what, by),
  works: () => works,
  finished: async (id) => {
    if (hangs) await new Promise(() => undefined)
    const found = works.find((work) => work.id === id)
    if (!found) throw new PlatformError('not-found', 'no such work')
    return { ...found, state: 'done', outcome }
  },
  cancel: async (id, by) => void asked.push(['cancel', id, by]),
  stop: async () => undefined,
}

async function ask(method: string, path: string, body?: unknown) {
  const response = await routes.request(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: response.status, body: await response.json() }
}
const post = (verb: string, body: unknown) => ask('POST', `/${projection}/parked/${verb}`, body)

describe('what is parked', () => {
  test('is asked for of all projections, or of one', async () => {
    expect((await ask('GET', '/parked')).body).toEqual({ groups: [] })
    expect((await ask('GET', `/${projection}/parked`)).body).toEqual({ groups: [], works: [] })
    expect(asked).toEqual([
      ['groups', undefined],
      ['groups', projection],
    ])
  })

  test('comes in pages, each with where the next begins', async () => {
    const full = await ask('GET', `/${projection}/parked/entities?fingerprint=f&limit=2&after=x`)
    expect(full.body.next).toBe(entityAt(1).position)
    expect(asked).toEqual([['entities', { projection, fingerprint: 'f', after: 'x', countMax: 2 }]])
    expect((await ask('GET', `/${projection}/parked/entities`)).body.next).toBeNull()
    expect(await ask('GET', `/${projection}/parked/entities?limit=0`)).toMatchObject({ status: 400 })
  })

  test('is shown with its event, or with none when the log does not hold it any more', async () => {
    await store.append(stream, [{ id: eventId, type: 'shop.OrderPlaced', data: { total: 7 }, metadata: {} }], 'any')
    const found = await ask('GET', `/${projection}/parked/event?stream=${stream}&revision=0`)
    expect(found.body).toMatchObject({ event: { id: eventId, data: { total: 7 } } })
    expect((await ask('GET', `/${projection}/parked/event?stream=${stream}&revision=1`)).body).toEqual({ event: null })
  })
})

describe('what is done', () => {
  test('is asked for with who and why, and answered with how it went', async () => {
    expect(await post('retry', { stream, reason: 'fixed' })).toMatchObject({
      status: 202,
      body: { work: { state: 'done', outcome } },
    })
    await post('retry', { fingerprint: 'f' })
    await post('skip', { stream, eventId, reason: 'a typo' })
    await post('replay', { stream })
    const by = (reason: string) => ({ projection, by: 'ann', reason })
    expect(asked).toEqual([
      ['retry', { stream }, by('fixed')],
      ['retry', { fingerprint: 'f' }, by('')],
      ['skip', { stream, eventId }, by('a typo')],
      ['replay', { stream }, by('')],
    ])
  })

  test('that takes longer is answered as it stands, looked at, and cancelled', async () => {
    hangs = true
    const { body } = await post('replay', { stream })
    expect(body.work.state).toBe('running')
    hangs = false
    const at = `/${projection}/parked/work/${body.work.id}`
    expect((await ask('GET', at)).body.work.id).toBe(body.work.id)
    expect((await ask('POST', `${at}/cancel`, {})).status).toBe(200)
    expect(asked.at(-1)).toEqual(['cancel', body.work.id, 'ann'])
    expect(await ask('GET', at.replace(body.work.id, 'none'))).toMatchObject({
      status: 400,
      body: { error: 'not-found' },
    })
  })

  test('is refused where the request does not say what, or says too much', async () => {
    for (const [verb, body] of [
      ['retry', {}],
      ['retry', { stream, fingerprint: 'f' }],
      ['skip', { stream, reason: 'x' }],
      ['skip', { stream, eventId: 'x', reason: 'x' }],
      ['replay', { stream: '' }],
      ['replay', { stream, reason: 'x'.repeat(1_001) }],
    ] as const)
      expect(await post(verb, body)).toMatchObject({ status: 400, body: { error: 'bad-input' } })
    expect(asked).toEqual([])
  })

  test('is refused where logic does not lead', async () => {
    leads = false
    expect(await post('retry', { stream })).toMatchObject({ status: 400, body: { error: 'unavailable' } })
  })
})
