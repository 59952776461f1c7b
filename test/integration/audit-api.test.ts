/** What the admin API answers about the past: one event then and today, what followed from what, and searches as files. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createAdminApi } from '#admin/admin-api.ts'
import { createAdminLogin } from '#admin/login.ts'
import { type Audit, openAudit } from '#audit/audit.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { loadedUpcasters } from '#event-store/upcast.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid, offsetUuid } from '#kernel/ids.ts'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import { eventSearch } from '#projections/event-search/event-search.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'

const credentials = { user: 'root', password: 'correct horse' }
const store = createMemoryEventStore()
let fresh: MigratedDatabase
let projector: Projector
let audit: Audit
let api: ReturnType<typeof createAdminApi>
let cookie = ''
let forget: () => void

beforeAll(async () => {
  fresh = await migratedDatabase(4)
  const shared = { store, clock: systemClock, log: silentLog }
  projector = startProjector({
    ...shared,
    definition: eventSearch,
    sql: fresh.sql,
    random: Math.random,
    epoch: 1,
    watchedFields: {},
  })
  audit = openAudit({ ...shared, url: fresh.url, position: () => projector.status().position })
  forget = loadedUpcasters.add({
    type: 'shop.PlaceOrder',
    version: 2,
    upcasts: [({ count, ...rest }) => ({ ...rest, amount: count ?? 0 })],
  })
  api = createAdminApi({
    ...shared,
    login: createAdminLogin({ ...credentials, clock: systemClock }),
    store: () => store,
    operations: () => undefined,
    projectors: () => [projector],
    rebuilds: () => undefined,
    parking: () => undefined,
    reactors: () => [],
    audit: () => audit,
    evidence: () => undefined,
    progress: () => [],
    addressOf: () => '10.0.0.1',
    instance: 'logic-1',
  })
  const greeting = await ask('POST', '/login', credentials)
  cookie = greeting.headers.get('set-cookie')?.split(';')[0] ?? ''
}, 120_000)
afterAll(async () => {
  forget?.()
  await audit?.close()
  await projector?.stop()
  await fresh?.[Symbol.asyncDispose]()
})

function ask(method: string, path: string, body?: object): Promise<Response> {
  const headers = { host: 'admin.example', cookie }
  return Promise.resolve(
    api.request(`http://admin.example${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
}

async function answerOf(method: string, path: string): Promise<JsonObject> {
  const body: unknown = await (await ask(method, path)).json()
  if (!isJsonObject(body)) throw new Error(`${path} answered ${JSON.stringify(body)}`)
  return body
}

/** An action and a fact, as logic records them; the ids of both. */
async function record(
  data: JsonObject,
  change: { version?: number; stream?: string; cause?: string; of?: string } = {},
) {
  const id = newUuid()
  const { version = 1, stream = 'shop.Order-1', cause = id, of = id } = change
  const metadata = (causationId: string, schemaVersion: number) =>
    toMetadata({
      actionId: id,
      correlationId: of,
      causationId,
      user: 'ann',
      device: 'tablet-1',
      service: 'field',
      plugin: 'shop',
      pluginVersion: '1.2.3',
      schemaVersion,
      occurredAt: 1_000,
      recordedAt: 2_000,
    })
  const fact = offsetUuid(id, 1)
  await store.append(
    stream,
    [
      { id, type: 'shop.PlaceOrder', data, metadata: metadata(cause, version) },
      { id: fact, type: 'shop.OrderPlaced', data: {}, metadata: metadata(id, 1) },
    ],
    'any',
  )
  await eventually('it is listed', () => audit.catchUp())
  return { id, fact }
}

describe('E6 an event of an earlier version', () => {
  test('is shown as it was recorded and, beside it, as today’s code reads it', async () => {
    const { id } = await record({ orderId: '1', count: 3 })
    expect(await answerOf('GET', `/audit/events/${id}`)).toMatchObject({
      event: { id, schemaVersion: 1, data: { orderId: '1', count: 3 }, occurredAt: 1_000, recordedAt: 2_000 },
      today: { schemaVersion: 2, data: { orderId: '1', amount: 3 } },
      metadata: { pluginVersion: '1.2.3', schemaVersion: 1 },
      todayWords: null,
    })
  })

  test('of today’s version there is one view only', async () => {
    const { id } = await record({ orderId: '1', amount: 3 }, { version: 2 })
    expect(await answerOf('GET', `/audit/events/${id}`)).toMatchObject({ today: null, todayWords: null })
  })

  test('one from the future is found and shown, with words that say why it cannot be read', async () => {
    const { id } = await record({ orderId: '1', amount: [3] }, { version: 9, stream: 'shop.Order-9' })
    expect(projector.status().parkedCount).toBe(0)
    expect(await answerOf('GET', '/audit/events?stream=shop.Order-9')).toMatchObject({ events: [{}, { id }] })
    expect(await answerOf('GET', `/audit/events/${id}`)).toMatchObject({
      event: { data: { amount: [3] } },
      today: null,
      todayWords: expect.stringContaining('version 9 of shop.PlaceOrder'),
    })
  })
})

test('an event whose stream keeps less is shown from what was noted of it', async () => {
  const { id } = await record({ orderId: '5' }, { stream: 'shop.Order-5' })
  await store.keep('shop.Order-5', { maxCount: 1 })
  expect(await answerOf('GET', `/audit/events/${id}`)).toMatchObject({
    event: { data: { orderId: '5' } },
    metadata: null,
  })
})

test('from the tap to the facts, and on to what they set going', async () => {
  const { id, fact } = await record({ orderId: '6' })
  const next = await record({ orderId: '7' }, { cause: fact, of: id, stream: 'shop.Order-7' })
  const tree = await answerOf('GET', `/audit/events/${next.fact}/tree`)
  expect(tree).toMatchObject({
    tap: { user: 'ann', device: 'tablet-1', occurredAt: 1_000 },
    roots: [
      {
        event: { id },
        effects: [
          { event: { id: fact }, effects: [{ event: { id: next.id }, effects: [{ event: { id: next.fact } }] }] },
        ],
      },
    ],
    isCut: false,
  })
  expect(await answerOf('GET', `/audit/events/${id}/rows`)).toEqual({ rows: null })
  const foreign = plain({ from: 'elsewhere' })
  await store.append('stranger', [foreign], 'any')
  const reaction = await record({ orderId: '8' }, { cause: foreign.id, of: foreign.id, stream: 'shop.Order-8' })
  expect(await answerOf('GET', `/audit/events/${foreign.id}/tree`)).toMatchObject({
    tap: null,
    roots: [{ event: { id: foreign.id }, effects: [{ event: { id: reaction.id } }] }],
  })
})

describe('an export', () => {
  const begin = async (query: string) => {
    const { export: begun } = await answerOf('POST', `/audit/exports?${query}`)
    if (!isJsonObject(begun) || typeof begun.id !== 'string') throw new Error('nothing has begun')
    return begun.id
  }

  test('holds what the search finds, and says so; who took it out is recorded', async () => {
    for (let count = 0; count < 300; count++) await store.append('shop.Order-bulk', [plain({ count })], 'any')
    await eventually('all of it is listed', () => audit.catchUp())
    const search = 'stream=shop.Order-bulk&text=count'
    const found: JsonObject[] = []
    for (let beyond = ''; ; ) {
      const page = await answerOf('GET', `/audit/events?${search}&order=oldest&limit=200&beyond=${beyond}`)
      if (Array.isArray(page.events)) found.push(...page.events.filter(isJsonObject))
      if (typeof page.next !== 'string') break
      beyond = page.next
    }
    const id = await begin(`${search}&format=ndjson`)
    const file = await ask('GET', `/audit/exports/${id}/file`)
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="events-[\d-]+\.ndjson"$/)
    const lines = (await file.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ position, data }) => ({ position, data }))).toEqual(
      found.map(({ position, data }) => ({ position, data })),
    )
    expect(await answerOf('GET', `/audit/exports/${id}`)).toMatchObject({
      export: { state: 'done', rowCount: 300, rowCountExpected: 300 },
    })
    expect(store.streamOf('peek.Audit-exports').at(-1)).toMatchObject({
      type: 'peek.AuditExportRequested',
      data: { format: 'ndjson', search: { stream: 'shop.Order-bulk', text: 'count' } },
      metadata: { user: 'root' },
    })
  })

  test('as CSV it has a line a row, below their names', async () => {
    const file = await ask('GET', `/audit/exports/${await begin('stream=shop.Order-bulk&format=csv')}/file`)
    const lines = (await file.text()).trimEnd().split('\r\n')
    expect([lines.length, lines[0]?.startsWith('position,id,kind,type,')]).toEqual([301, true])
  })

  test('one that is cancelled gives no file', async () => {
    const id = await begin('format=csv')
    expect(await answerOf('POST', `/audit/exports/${id}/cancel`)).toMatchObject({ export: { state: 'cancelled' } })
    expect((await ask('GET', `/audit/exports/${id}/file`)).status).toBe(400)
  })

  test.each([
    ['POST', '/audit/exports?format=xlsx', 400, 'format is "xlsx": wanted ndjson or csv.'],
    ['POST', '/audit/exports?format=csv&kind=x', 400, 'kind is "x"'],
    ['GET', '/audit/exports/nothing', 404, 'There is no such export here'],
    ['GET', '/audit/events/nothing', 404, 'No recorded event has the id or position "nothing"'],
    ['GET', '/audit/events?order=random', 400, 'order is "random": wanted newest or oldest.'],
    ['GET', '/audit/events?beyond=last', 400, 'beyond is "last"'],
    ['GET', '/audit/events?limit=0', 400, 'limit is "0"'],
    ['GET', '/audit/count?from=now', 400, 'from is "now"'],
  ])('%s %s is refused in words that help', async (method, path, status, words) => {
    const response = await ask(method, path)
    expect(response.status).toBe(status)
    expect(JSON.stringify(await response.json())).toContain(JSON.stringify(words).slice(1, -1))
  })

  test('nobody who is not signed in gets one', async () => {
    const mine = cookie
    cookie = ''
    expect((await ask('POST', '/audit/exports?format=csv')).status).toBe(401)
    cookie = mine
  })
})

function plain(data: JsonObject) {
  return { id: newUuid(), type: 'shop.Counted', data, metadata: {} }
}
