import { afterEach, expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { createLog, type LogLine } from '#kernel/log.ts'
import { integer, list, text } from '#vortex/protocol/fields.ts'
import { record } from './answer-shape.ts'
import { createHttpClient, type HttpClientOptions } from './http-client.ts'
import { readRetryAfter } from './to-http-failure.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})
const fast = { firstRetryDelayMs: 1, retryDelayMsMax: 5 }

test('an answer is checked, and what nobody asked for is left out', async () => {
  const { client } = serve(() => Response.json({ number: 'A7', total: 3, internal: true }))
  expect(await client.json({ path: '/orders/7', answer: { number: text(), total: integer() } })).toEqual({
    number: 'A7',
    total: 3,
  })
  const wrong = client.json({ path: '/orders/7', answer: { number: integer() } })
  await expect(wrong).rejects.toMatchObject({
    kind: 'bad-answer',
    message: expect.stringContaining('number must be a number'),
  })
})

test('a list is an answer too', async () => {
  const { client } = serve(() => Response.json([{ id: 1, more: 2 }]))
  expect(await client.json({ path: 'all', answer: list(record({ id: integer() })) })).toEqual([{ id: 1 }])
})

test('entries of a path are escaped, and none leaves the base address', async () => {
  const { client, seen } = serve(() => new Response('fine'))
  await client.text({ path: ['orders', 'a/b?c', 7], query: { since: 1, none: undefined } })
  expect(seen.map(({ url }) => `${url.pathname}${url.search}`)).toEqual(['/api/orders/a%2Fb%3Fc/7?since=1'])
  for (const path of ['../admin', 'a/%2e%2E/b', 'a\\..\\..\\b', '.\n./x', ['..', 'admin'], ['']])
    expect(await client.text({ path }).catch((error: unknown) => error)).toMatchObject({ kind: 'bad-input' })
  expect(seen).toHaveLength(1)
})

test('a read that fails is tried again, and a write only with an idempotency key', async () => {
  const failed = new Set<string>()
  const { client, seen } = serve(({ url }) => {
    const isFirst = !failed.has(url.pathname)
    failed.add(url.pathname)
    return isFirst ? new Response('oops', { status: 500 }) : new Response('fine')
  })
  expect(await client.text({ path: 'read' })).toBe('fine')
  const write = client.text({ method: 'POST', path: 'write', json: {} })
  expect(await write.catch((error: unknown) => error)).toMatchObject({ kind: 'failed', effect: 'unknown' })
  expect(await client.text({ method: 'POST', path: 'order', json: {}, idempotencyKey: 'k1' })).toBe('fine')
  expect(seen.map(({ url, headers }) => [url.pathname, headers.get('idempotency-key')])).toEqual([
    ['/api/read', null],
    ['/api/read', null],
    ['/api/write', null],
    ['/api/order', 'k1'],
    ['/api/order', 'k1'],
  ])
})

test('too many requests were not looked at: a write waits as long as asked and goes again', async () => {
  const { client, seen } = serve((_, count) =>
    count === 1 ? new Response('slow down', { status: 429, headers: { 'retry-after': '0' } }) : new Response('fine'),
  )
  expect(await client.text({ method: 'POST', path: 'a', json: {} })).toBe('fine')
  expect(seen).toHaveLength(2)
})

test('Retry-After is read as seconds and as a date', () => {
  expect(readRetryAfter('3', 0)).toBe(3_000)
  expect(readRetryAfter('Thu, 01 Jan 1970 00:01:00 GMT', 10_000)).toBe(50_000)
  expect(readRetryAfter('soon', 0)).toBeUndefined()
})

test('an answer beyond the bound is cut off, also when its length is not told', async () => {
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)) })
  const { client } = serve(() => new Response(endless), { answerBytesMax: 200_000 })
  await expect(client.text({ path: 'a' })).rejects.toMatchObject({ kind: 'too-large' })
})

test('a redirect is not followed: it would carry the credentials along', async () => {
  const { client, seen } = serve(
    () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/?token=x' } }),
  )
  const error = await client.text({ path: 'a' }).catch((found: unknown) => found)
  expect(error).toMatchObject({ kind: 'refused', message: expect.stringContaining('https://elsewhere.example/') })
  expect(String(error)).not.toContain('token')
  expect(seen).toHaveLength(1)
})

test('no secret is in an error or a log, even when the far side repeats it', async () => {
  const secret = 'very-secret-token'
  const { client, lines } = serve(
    (request) => new Response(`who is ${request.headers.get('authorization')}?`, { status: 401 }),
    {
      headers: () => ({ authorization: `Bearer ${secret}` }),
    },
  )
  const error = await client.text({ path: 'a', query: { key: 'other-secret' } }).catch((found: unknown) => found)
  expect(error).toMatchObject({ kind: 'refused', facts: { status: 401 } })
  expect(`${Bun.inspect(error)} ${JSON.stringify(lines)}`).not.toMatch(/very-secret-token|other-secret/)
  expect(() => serve(() => new Response(), { baseUrl: 'http://user:pass@erp.example' })).toThrow(
    'credentials belong into the headers',
  )
})

test('an address where nobody listens says so, and nothing was done there', async () => {
  // No system gives it away: a port that was free a moment ago may be somebody's by now.
  const { client } = serve(() => new Response(), { baseUrl: 'http://127.0.0.1:1' })
  await expect(client.text({ method: 'POST', path: 'a', json: {} })).rejects.toMatchObject({
    kind: 'unreachable',
    effect: 'none',
  })
})

test('a server that answers nothing is given up by the deadline', async () => {
  const { client } = serve(() => new Promise<Response>(() => undefined), { tryTimeoutMs: 20, retryCountMax: 0 })
  await expect(client.text({ path: 'a' })).rejects.toMatchObject({ kind: 'timeout' })
})

test('a connection that breaks in the middle of an answer is no answer', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of')
      setImmediate(() => socket.destroy())
    })
  }).listen(0)
  cleanUps.push(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const { client } = serve(() => new Response(), { baseUrl: `http://127.0.0.1:${port}`, retryCountMax: 1 })
  await expect(client.text({ path: 'a' })).rejects.toMatchObject({ kind: 'unreachable' })
})

test('figures say how it went', async () => {
  const { client } = serve(({ url }) => new Response('x', { status: url.pathname.endsWith('no') ? 404 : 200 }))
  await client.text({ path: 'yes' })
  await client.text({ path: 'no' }).catch(() => undefined)
  expect((await client.send({ path: 'no', alsoAccepts: [404] })).status).toBe(404)
  expect(client.figures()).toMatchObject({
    system: 'erp',
    callCount: 3,
    okCount: 2,
    failureCounts: { refused: 1 },
    breaker: 'closed',
  })
})

type Seen = { readonly url: URL; readonly headers: Headers }

function serve(
  answer: (request: Seen, count: number) => Response | Promise<Response>,
  options: Partial<HttpClientOptions> = {},
) {
  const seen: Seen[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      const one = { url: new URL(request.url), headers: request.headers }
      seen.push(one)
      return answer(one, seen.length)
    },
  })
  cleanUps.push(() => server.stop(true))
  const lines: LogLine[] = []
  const context = {
    log: createLog('test', (line) => lines.push(line)),
    signal: new AbortController().signal,
    onStop: () => undefined,
  }
  const client = createHttpClient(context, { system: 'erp', baseUrl: `${server.url.href}api/`, ...fast, ...options })
  return { client, seen, lines }
}
