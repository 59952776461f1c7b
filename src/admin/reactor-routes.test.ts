import { beforeEach, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import type { Reactor } from '#reactor/reactor.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { createTellerRig, type TellerRig } from '#testing/teller-rig.ts'
import { createAdminApi } from './admin-api.ts'
import { createAdminLogin } from './login.ts'

let rig: TellerRig
let reactor: Reactor
let store: MemoryEventStore
let leads: boolean
let api: ReturnType<typeof createAdminApi>
let cookie: string

/** A reactor with three dead letters, and the API over it. */
beforeEach(async () => {
  rig = createTellerRig()
  rig.react = () => {
    throw new Error('no route')
  }
  for (const id of ['a', 'b', 'c']) await rig.record(id, 1)
  reactor = rig.start({ definition: rig.define({ retry: { triesMax: 1 } }) })
  await rig.until(() => reactor.status().deadCount === 3)
  await rig.caughtUp(reactor)
  const clock = createFakeClock(1_000_000)
  store = createMemoryEventStore()
  ;[leads, cookie] = [true, '']
  api = createAdminApi({
    login: createAdminLogin({ user: 'root', password: 'correct horse', clock }),
    store: () => store,
    operations: () => undefined,
    audit: () => undefined,
    evidence: () => undefined,
    projectors: () => [],
    rebuilds: () => undefined,
    reactors: () => (leads ? [reactor] : []),
    parking: () => undefined,
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
  const response = await api.request(`/reactors${path}`, init)
  return { status: response.status, body: await response.json() }
}
const letters = async (query = '') => (await ask('GET', `/test.teller/dead-letters${query}`)).body
const decisions = () => store.streamOf('peek.Reactors-test.teller').map(({ type, data }) => ({ type, data }))

test('reactors are listed as they stand', async () => {
  expect(await ask('GET', '')).toMatchObject({ body: { reactors: [{ id: 'test.teller', deadCount: 3 }] } })
})

test('dead letters come by the page, with what went wrong', async () => {
  const first = await letters('?limit=2')
  expect(first.letters).toMatchObject([{ words: 'no route', tries: 1, type: 'test.AddToCounter' }, {}])
  const second = await letters(`?limit=2&after=${first.next}`)
  expect([second.letters.length, second.next]).toEqual([1, null])
  expect(await ask('GET', '/test.teller/dead-letters?after=yesterday')).toMatchObject({ status: 400 })
})

test('one is tried again, or all; who decided it, and why, is in the log before', async () => {
  const [letter] = (await letters()).letters
  rig.react = () => undefined
  const one = { eventId: letter.eventId, reason: 'the route is back' }
  expect(await ask('POST', '/test.teller/dead-letters/retry', one)).toMatchObject({ body: { retriedCount: 1 } })
  expect(await ask('POST', '/test.teller/dead-letters/retry', {})).toMatchObject({ body: { retriedCount: 2 } })
  await rig.until(() => rig.done.length === 3)
  expect(decisions()).toMatchObject([
    { type: 'peek.DeadLetterRetried', data: { ...one, stream: letter.stream, words: 'no route' } },
    { type: 'peek.DeadLetterRetried', data: { all: true } },
  ])
  expect(store.log[0]?.metadata).toMatchObject({ user: 'root' })
})

test('one is dropped with a reason, and not without', async () => {
  const [{ eventId }] = (await letters()).letters
  expect(await ask('POST', '/test.teller/dead-letters/drop', { eventId, reason: ' ' })).toMatchObject({ status: 400 })
  expect(await ask('POST', '/test.teller/dead-letters/drop', { eventId, reason: 'a test' })).toMatchObject({
    status: 200,
  })
  expect((await letters()).letters).toHaveLength(2)
  expect(await ask('POST', '/test.teller/dead-letters/drop', { eventId, reason: 'twice' })).toMatchObject({
    status: 404,
  })
  expect(decisions()).toMatchObject([{ type: 'peek.DeadLetterDropped', data: { eventId, reason: 'a test' } }])
})

test('what is not there is said, and nothing recorded', async () => {
  const nobody = { eventId: newUuid() }
  expect(await ask('POST', '/test.teller/dead-letters/retry', nobody)).toMatchObject({ status: 404 })
  expect(await ask('POST', '/test.teler/dead-letters/retry', {})).toMatchObject({
    status: 404,
    body: { error: { words: expect.stringContaining('did you mean "test.teller"?') } },
  })
  leads = false
  expect(await ask('POST', '/test.teller/dead-letters/retry', {})).toMatchObject({ status: 503 })
  expect(decisions()).toEqual([])
})
