import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createLog, type LogLine } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import { instant, integer, list, nullable, oneOf, text, uuid } from '#vortex/protocol/fields.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { makeRestRoute, type RestRoute } from './define-rest-route.ts'
import { type HeldKey, makeApiKey } from './keys/api-key.ts'
import { createKeyGate } from './keys/key-gate.ts'
import type { LoggedRequest } from './request-log.ts'
import { createRestApi } from './rest-api.ts'
import { RestFailure } from './rest-failure.ts'
import { record } from './rest-shape.ts'
import { createPageFiles } from './site/page-files.ts'

type Context = { readonly put: (amount: number) => void }
const Reading = defineTuple('meters.Reading', { meterId: uuid(), value: integer({ min: 0, max: 100 }), at: instant() })
const meterId = '00000000-0000-4000-8000-000000000001'
const good = { value: 7, at: 1_000, lines: [{ amount: 1 }] }

const routes: readonly RestRoute<Context>[] = [
  makeRestRoute('POST', '/meters/:meterId/readings', {
    words: 'Hands in a reading.',
    params: { meterId: uuid() },
    output: { actionId: uuid() },
    scope: 'write',
    status: 202,
    handle: ({ actionId }, { put }: Context) => {
      put(1)
      return { actionId }
    },
  }),
  makeRestRoute('PUT', '/meters/:meterId', {
    words: 'Says all of a meter.',
    params: { meterId: uuid() },
    query: { dry: nullable(oneOf(['yes', 'no'])), limit: nullable(integer()), tag: list(text()) },
    input: { value: integer({ min: 0, max: 100 }), at: instant(), lines: list(record({ amount: integer() })) },
    output: { sum: integer(), dry: nullable(text()), limit: nullable(integer()), tags: integer() },
    scope: 'write',
    bodyBytesMax: 400,
    handle: ({ input, query }) => ({
      sum: input.value + input.lines.reduce((sum, { amount }) => sum + amount, 0),
      dry: query.dry,
      limit: query.limit,
      tags: query.tag.length,
    }),
  }),
  makeRestRoute('GET', '/meters/:meterId', {
    words: 'What a meter showed last.',
    params: { meterId: uuid() },
    output: Reading,
    scope: 'read',
    handle: ({ params }) => ({ meterId: params.meterId, value: 1, at: 2 }),
  }),
  makeRestRoute('PUT', '/large/:meterId', {
    words: 'Takes much.',
    params: { meterId: uuid() },
    input: { value: integer(), at: instant(), lines: list(record({ amount: integer() })) },
    output: { sum: integer() },
    scope: 'write',
    handle: () => ({ sum: 1 }),
  }),
  makeRestRoute('GET', '/broken/:how', {
    words: 'Fails.',
    params: { how: text() },
    output: { sum: integer() },
    scope: 'read',
    timeoutMs: 5_000,
    handle: ({ params, signal }) => {
      if (params.how === 'output') return { sum: JSON.parse('"secret of the inside"') }
      if (params.how === 'conflict') throw new RestFailure('conflict', 'It is there already.')
      if (params.how === 'header')
        throw new RestFailure('conflict', 'It is there already.', { headers: { location: '/secret\nx: y' } })
      if (params.how === 'away') throw new PlatformError('unavailable', 'postgres://user:password@inside is away')
      if (params.how === 'hang') return new Promise((_, reject) => signal.addEventListener('abort', reject))
      throw new Error('secret of the inside')
    },
  }),
]

function makeRig({
  perMinute = 100,
  scopes = ['meters:read', 'meters:write'],
  expiresAt = null as number | null,
} = {}) {
  const clock = createFakeClock(1_000_000)
  const made = makeApiKey()
  const held: HeldKey = { id: made.id, name: 'ERP', hash: made.hash, scopes, requestsPerMinute: perMinute, expiresAt }
  const keys = new Map([[held.id, held]])
  const logged: LoggedRequest[] = []
  const lines: LogLine[] = []
  const puts: number[] = []
  const stopping = new AbortController()
  const api = createRestApi<Context>({
    plugin: { id: 'meters', title: 'Meters', version: '1.2.0' },
    routes,
    context: { put: (amount) => puts.push(amount) },
    signal: stopping.signal,
    gate: createKeyGate({ keys: () => keys, onUse: () => undefined, clock }),
    keepOpen: () => undefined,
    files: createPageFiles(),
    requests: { note: (request) => logged.push(request) },
    clock,
    log: createLog('rest', (line) => lines.push(line)),
  })
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const given = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    const request = new Request(`http://agent.test/p/meters${path}`, {
      method,
      ...(given !== undefined && { body: given }),
      headers: {
        authorization: `Bearer ${made.key}`,
        ...(given !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    })
    const response = await api.fetch(request, () => '10.0.0.1')
    if (!response) return { status: 0, body: {}, headers: new Headers(), text: '' }
    const read = await response.text()
    return { status: response.status, body: read === '' ? {} : JSON.parse(read), headers: response.headers, text: read }
  }
  return { clock, stopping, key: made.key, keys, held, logged, lines, puts, api, send }
}

describe('a request', () => {
  test('that fits is handed on, and its output is what the handler gave', async () => {
    const { send, logged, puts } = makeRig()
    const put = await send('PUT', `/meters/${meterId}?limit=5&tag=a&tag=b`, good)
    expect([put.status, put.body]).toEqual([200, { sum: 8, dry: null, limit: 5, tags: 2 }])
    expect((await send('POST', `/meters/${meterId}/readings`)).status).toBe(202)
    expect(puts).toEqual([1])
    expect(logged[0]).toMatchObject({ keyName: 'ERP', method: 'PUT', path: `/p/meters/meters/${meterId}`, status: 200 })
    expect(JSON.stringify(logged)).not.toContain('limit=')
  })

  test('hears of all its wrong fields at once, with what was found and what was wanted', async () => {
    const { send, logged } = makeRig()
    const body = { value: 700, lines: [{ amount: 1 }, { amount: 'x' }], valeu: 1, ta: 1 }
    const { status, body: answer } = await send('PUT', '/meters/7?limit=many&dry=perhaps', body)
    expect(status).toBe(422)
    expect(answer.error.kind).toBe('bad-input')
    expect(answer.error.fields).toEqual([
      { in: 'path', field: 'meterId', found: '"7"', wanted: 'uuid' },
      { in: 'query', field: 'dry', found: '"perhaps"', wanted: 'one of yes, no, or null' },
      { in: 'query', field: 'limit', found: '"many"', wanted: 'whole number from -2147483648 to 2147483647, or null' },
      { in: 'body', field: 'value', found: '700', wanted: 'whole number from 0 to 100' },
      { in: 'body', field: 'at', found: 'nothing', wanted: 'instant' },
      { in: 'body', field: 'lines[1].amount', found: '"x"', wanted: 'whole number from -2147483648 to 2147483647' },
      { in: 'body', field: 'valeu', found: 'a field of this name', wanted: 'no such field; there is "value"' },
      { in: 'body', field: 'ta', found: 'a field of this name', wanted: expect.stringContaining('no such field') },
    ])
    expect(logged[0]?.words).toBe('path "meterId": wanted uuid; and 7 more')
  })

  test('that is none is refused for what it is: torn, of another type, too large, of another method', async () => {
    const { send, logged } = makeRig()
    const path = `/meters/${meterId}`
    expect((await send('PUT', path, '{"value":')).status).toBe(400)
    expect((await send('PUT', path, '')).status).toBe(400)
    expect((await send('PUT', path, '[]')).status).toBe(422)
    expect((await send('PUT', path, good, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await send('PUT', path, { ...good, more: 'x'.repeat(400) })).status).toBe(413)
    const other = await send('PATCH', path, good)
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, PUT, HEAD'])
    expect(logged.some(({ status }) => status === 405)).toBe(false)
    expect((await send('OPTIONS', path)).status).toBe(204)
    expect((await send('GET', '/nothing')).status).toBe(0)
    expect((await send('PUT', path, good, { 'idempotency-key': 'a b' })).status).toBe(400)
  })

  test('sent again with the same Idempotency-Key names the same action; another key names another', async () => {
    const { send } = makeRig()
    const path = `/meters/${meterId}/readings`
    const ids = async (headers: Record<string, string>) => (await send('POST', path, undefined, headers)).body.actionId
    const first = await ids({ 'idempotency-key': 'order-1' })
    expect(await ids({ 'idempotency-key': 'order-1' })).toBe(first)
    expect(await ids({ 'idempotency-key': 'order-2' })).not.toBe(first)
    expect(await ids({})).not.toBe(await ids({}))
  })
})

test('the log of requests never holds what a body or a query said, nor names that only the caller knows', async () => {
  const { send, logged } = makeRig()
  await send('PUT', `/meters/${meterId}`, { ...good, value: 'a secret of the caller' })
  await send('PUT', `/meters/${meterId}?limit=secret&token-of-secret=1`, { ...good, secretName: 1 })
  await send('PUT', `/meters/${meterId}`, { ...good, secretName: 1 })
  expect(logged.map(({ words }) => words)).toEqual([
    'body "value": wanted whole number from 0 to 100',
    'query "limit": wanted whole number from -2147483648 to 2147483647, or null; and 2 more',
    'body: a field that is not known',
  ])
  expect(JSON.stringify(logged)).not.toContain('secret')
  expect(logged.every(({ bytesIn }) => bytesIn > 40)).toBe(true)
})

test('HEAD is answered wherever GET is', async () => {
  const { send, api } = makeRig()
  // The server takes the body away.
  expect((await send('HEAD', `/meters/${meterId}`)).status).toBe(200)
  expect((await send('HEAD', `/meters/${meterId}`, undefined, { authorization: '' })).status).toBe(401)
  for (const path of ['/openapi.json', '/docs/', '/docs/page.css']) {
    const request = new Request(`http://agent.test/p/meters${path}`, { method: 'HEAD' })
    expect((await api.fetch(request, () => ''))?.status).toBe(200)
  }
  const post = await send('HEAD', `/meters/${meterId}/readings`)
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'POST'])
  const options = await api.fetch(
    new Request(`http://a.test/p/meters/meters/${meterId}`, { method: 'OPTIONS' }),
    () => '',
  )
  expect(options?.headers.get('allow')).toBe('GET, PUT, HEAD')
})

test('a body is read the same whether or not its length was said before', async () => {
  const { api, key } = makeRig()
  const put = async (body: Uint8Array<ArrayBuffer>, isSaid: boolean) => {
    const request = new Request(`http://agent.test/p/meters/meters/${meterId}`, {
      method: 'PUT',
      body,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${key}`,
        ...(isSaid && { 'content-length': String(body.length) }),
      },
    })
    return (await api.fetch(request, () => ''))?.status
  }
  const text = new TextEncoder().encode(JSON.stringify({ ...good, lines: [] }))
  const torn = Uint8Array.from([...text, 0xc3])
  const bodies = [text, torn, new Uint8Array(), new TextEncoder().encode(' '.repeat(401))]
  for (const isSaid of [true, false])
    expect(await Promise.all(bodies.map((body) => put(body, isSaid)))).toEqual([200, 400, 400, 413])
})

test('a body that is compressed or in another encoding is refused for what it is', async () => {
  const { send } = makeRig()
  const path = `/meters/${meterId}`
  const gzip = await send('PUT', path, good, { 'content-encoding': 'gzip' })
  expect([gzip.status, gzip.headers.get('accept-encoding')]).toEqual([415, 'identity'])
  const utf16 = await send('PUT', path, good, { 'content-type': 'application/json; charset=utf-16' })
  expect([utf16.status, utf16.body.error.words]).toEqual([415, expect.stringContaining('UTF-8')])
  expect((await send('PUT', path, good, { 'content-type': 'application/json;charset="UTF-8"' })).status).toBe(200)
})

describe('a handler that fails', () => {
  test('with a header that cannot be sent is a fault of ours: 500, logged and written down', async () => {
    const { send, logged, lines } = makeRig()
    const { status, text: shown } = await send('GET', '/broken/header')
    expect([status, shown.includes('secret'), logged.at(-1)?.status]).toEqual([500, false, 500])
    expect(lines.at(-1)?.words).toContain('/broken/header failed')
  })

  test('shows nothing of the inside: an output that does not fit, and what it throws, are 500 and logged', async () => {
    const { send, lines } = makeRig()
    for (const how of ['output', 'throw']) {
      const { status, text: shown } = await send('GET', `/broken/${how}`)
      expect(status).toBe(500)
      expect(shown).not.toContain('secret')
    }
    expect(lines.map(({ words }) => words).join()).toContain('sum: found "secret of the inside"')
    expect(lines.at(-1)?.words).toContain('secret of the inside')
  })

  test('says what it means with a failure of its own, and 503 without details when something is away', async () => {
    const { send } = makeRig()
    const conflict = await send('GET', '/broken/conflict')
    expect([conflict.status, conflict.body.error.words]).toEqual([409, 'It is there already.'])
    const away = await send('GET', '/broken/away')
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '2'])
    expect(away.text).not.toContain('password')
  })

  test('leaves nothing behind that fails when its part stops; one under way is told, and answered 503', async () => {
    const { send, stopping } = makeRig()
    await send('GET', '/broken/conflict')
    const answer = send('GET', '/broken/hang')
    await Bun.sleep(0)
    stopping.abort(new PlatformError('unavailable', 'The part is stopping.'))
    expect((await answer).status).toBe(503)
    await Bun.sleep(0)
  })

  test('or hangs is given up when the time of the route is over', async () => {
    const { send, clock } = makeRig()
    const answer = send('GET', '/broken/hang')
    await Bun.sleep(0)
    clock.advance(5_000)
    expect((await answer).status).toBe(504)
  })
})

test('one key never takes all places: while its requests hang, those of another are answered', async () => {
  const { send, keys, held, stopping } = makeRig({ perMinute: 1_000 })
  const other = makeApiKey()
  keys.set(other.id, { ...held, id: other.id, hash: other.hash, name: 'Other' })
  const hanging = Array.from({ length: 200 }, () => send('GET', '/broken/hang'))
  const late = await send('GET', '/broken/hang')
  expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1'])
  const headers = { authorization: `Bearer ${other.key}` }
  expect((await send('GET', `/meters/${meterId}`, undefined, headers)).status).toBe(200)
  stopping.abort(new PlatformError('unavailable', 'The part is stopping.'))
  await Promise.all(hanging)
})

describe('a key', () => {
  test('that is missing, wrong or past its time is 401 and says how to ask', async () => {
    const { send, key, clock } = makeRig({ expiresAt: 1_000_500 })
    const path = `/meters/${meterId}`
    const without = await send('GET', path, undefined, { authorization: '' })
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="peek"'])
    const wrong = await send('GET', path, undefined, {
      authorization: `Bearer ${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`,
    })
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="peek", error="invalid_token"',
    ])
    expect((await send('GET', path, undefined, { authorization: '', 'x-api-key': key })).status).toBe(200)
    clock.advance(1_000)
    expect((await send('GET', path)).body.error.words).toContain('past its time')
  })

  test('without the scope is 403 and says which is missing', async () => {
    const { send } = makeRig({ scopes: ['meters:read', 'others:write'] })
    const { status, body } = await send('PUT', `/meters/${meterId}`, good)
    expect([status, body.error.words]).toEqual([403, 'The API key "ERP" lacks the scope "meters:write".'])
  })

  test('makes as many requests a minute as it may; then it is told how long to wait', async () => {
    const { send, clock } = makeRig({ perMinute: 3 })
    const get = () => send('GET', `/meters/${meterId}`)
    const left = [(await get()).headers, (await get()).headers, (await get()).headers]
    expect(left.map((headers) => headers.get('ratelimit-remaining'))).toEqual(['2', '1', '0'])
    const over = await get()
    expect([over.status, over.headers.get('retry-after'), over.headers.get('ratelimit-limit')]).toEqual([
      429,
      '20',
      '3',
    ])
    clock.advance(20_000)
    expect((await get()).status).toBe(200)
  })

  test('that goes on above its rate does not push the others out of the log of requests', async () => {
    const { send, logged, clock } = makeRig({ perMinute: 2 })
    const get = () => send('GET', `/meters/${meterId}`)
    for (let count = 0; count < 50; count++) await get()
    expect(logged.map(({ status }) => status)).toEqual([200, 200, 429])
    clock.advance(30_000)
    for (let count = 0; count < 50; count++) await get()
    expect(logged.map(({ status }) => status)).toEqual([200, 200, 429, 200, 429])
  })

  test('S3 may send very many wrong values in one body: it hears of the first', async () => {
    const { send } = makeRig()
    const many = { value: 1, at: 1, lines: Array.from({ length: 30_000 }, () => ({})) }
    const { status, body } = await send('PUT', `/large/${meterId}`, many)
    expect([status, body.error.fields.map(({ field }: { field: string }) => field)]).toEqual([422, ['lines[0].amount']])
  })

  test('that is wrong again and again is told to wait, fills no log, and holds up no right one of the same address', async () => {
    const { send, logged } = makeRig()
    const statuses: number[] = []
    for (let count = 0; count < 40; count++)
      statuses.push((await send('GET', `/meters/${meterId}`, undefined, { authorization: 'Bearer wrong' })).status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(30)
    expect(statuses.filter((status) => status === 429)).toHaveLength(10)
    expect(logged).toHaveLength(30)
    expect((await send('GET', `/meters/${meterId}`)).status).toBe(200)
  })
})

test('the document is made of the same definitions, and is read without a key', async () => {
  const { send, api } = makeRig()
  const { body } = await send('GET', '/openapi.json', undefined, { authorization: '' })
  expect(body.openapi).toBe('3.1.0')
  expect(Object.keys(body.paths)).toEqual([
    '/meters/{meterId}/readings',
    '/meters/{meterId}',
    '/large/{meterId}',
    '/broken/{how}',
  ])
  expect(body.paths['/meters/{meterId}'].put.requestBody.content['application/json'].schema.properties.value).toEqual({
    type: 'integer',
    minimum: 0,
    maximum: 100,
    description: 'whole number from 0 to 100',
  })
  expect(body.components.schemas['meters.Reading'].required).toEqual(['meterId', 'value', 'at'])
  expect(body.paths['/meters/{meterId}'].get.description).toContain('`meters:read`')
  const page = await api.fetch(new Request('http://agent.test/p/meters/docs/'), () => '10.0.0.1')
  expect(page?.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await page?.text()).not.toMatch(/https?:\/\//)
})

test('nothing that can be sent makes it break: refused or answered, never 500 (S3)', async () => {
  const seed = testSeed()
  const random = createSeededRandom(seed)
  const pick = <T>(all: readonly T[]): T => pickOne(random, all)
  const odd = [
    '',
    '7',
    meterId,
    '%',
    '%00',
    '..',
    'a/b',
    '\u{1f600}',
    'x'.repeat(3_000),
    '__proto__',
    'constructor',
    '1e999',
  ]
  const values = [null, true, 0, -1.5, 1e300, '', 'x', '\u0000', '\ud800', [], [[]], {}, { value: {} }, good, [good]]
  const { send } = makeRig({ perMinute: 100_000 })
  for (let round = 0; round < 1_500; round++) {
    const method = pick(['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])
    const path =
      pick(['/meters/', '/meters/', '/meters/', '/docs/', '/openapi.json/']) +
      pick([meterId, meterId, meterId, pick(odd)]) +
      pick(['', '', '/readings', '/'])
    const query = pick(['', `?limit=${pick(odd)}`, `?dry=${pick(odd)}&dry=x`, '?__proto__=1&constructor=2', '?tag=%ff'])
    const body = ['GET', 'HEAD'].includes(method)
      ? undefined
      : pick([
          JSON.stringify(pick(values)),
          JSON.stringify({ ...good, [pick(odd)]: pick(values) }),
          '{',
          '{"__proto__":{"value":1}}',
          '\ufeff{}',
        ])
    const headers = pick<Record<string, string>>([
      {},
      {},
      { 'content-type': pick(odd.slice(0, 4)) },
      { 'idempotency-key': pick(['', 'k', 'x'.repeat(300)]) },
    ])
    const { status } = await send(method, `${path}${query}`, body, headers).catch(
      // What the platform itself refuses to put into a request is not sent.
      (error: unknown) => (error instanceof SyntaxError ? { status: 200 } : Promise.reject(error)),
    )
    if (status >= 500) throw new Error(`seed ${seed}: ${method} ${path}${query} ${body} was answered ${status}`)
  }
})
