import { afterEach, describe, expect, test } from 'bun:test'
import { Hono, type Hono as HonoApp } from 'hono'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { createLog, type LogLine } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { createSeededRandom, pickOne, systemRandom } from '#kernel/random.ts'
import { eventually } from '#support/eventually.ts'
import { testSeed } from '#testing/test-seed.ts'
import { type DirectVortexClient, makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import type { ConnectionState, Observer, PushedAction } from '#vortex/client/vortex-client.ts'
import type { DownHead } from '#vortex/protocol/down.ts'
import { encodeFrame } from '#vortex/protocol/frame.ts'
import { defaultLimits, type Limits } from '#vortex/protocol/limits.ts'
import { parseDownFrame } from '#vortex/protocol/parse-frame.ts'
import type { Row, SelectorPatch } from '#vortex/protocol/row.ts'
import type { Observe } from '#vortex/protocol/up.ts'
import type { Session, VortexHandler } from '#vortex/server/vortex-handler.ts'
import { createVortexServer, type VortexServer } from '#vortex/server/vortex-server.ts'

/** Vortex over real sockets: one Bun server on a free port, its clients, and what hostile callers send. */

const fuzzCount = Number(Bun.env.PEEK_FUZZ_COUNT ?? 2_000)
const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

describe('greeting', () => {
  test('V1 a client meets a server and both know each other', async () => {
    const server = serve()
    const client = dial(server.url)
    const online = await reach(client, 'online')
    expect(online.welcome).toMatchObject({ service: 'field', version: 4, principal: { user: 'guest' } })
    const [session] = server.vortex.sessions()
    expect(session?.hello).toMatchObject({ name: 'field', role: 'device' })
    expect(session?.address).toMatch(/127\.0\.0\.1|::1/)
  })

  test('V1 a client of another age is told so and stays away', async () => {
    const raw = await dialRaw(serve().url)
    raw.send(encodeFrame({ ...hello(), versions: [77], somethingNew: true }))
    expect(await raw.closed).toBe(4_002)
    expect(raw.heard.at(-1)).toMatchObject({ k: 'bye', error: { kind: 'wrong-version' } })
  })

  test('a page of another origin cannot open a websocket', async () => {
    const { url } = serve()
    const response = await fetch(url.replace('ws:', 'http:'), {
      headers: { origin: 'http://elsewhere.example', upgrade: 'websocket', connection: 'upgrade' },
    })
    expect(response.status).toBe(403)
  })

  test('whoever is not admitted hears why', async () => {
    const { url } = serve({ admit: async () => ({ error: { kind: 'forbidden', words: 'Log in first.' } }) })
    const refused = await reach(dial(url), 'refused')
    expect(refused.error).toEqual({ kind: 'forbidden', words: 'Log in first.' })
  })
})

describe('traffic', () => {
  test('V7 an action gets its answer and a request its reply', async () => {
    const client = dial(serve().url)
    expect(await client.act(action(), '{"n":1}')).toEqual({ outcome: 'accepted', position: '{"n":1}' })
    expect(await client.ask('test.echo', '"hello"', 5_000)).toBe('"hello"')
  })

  test('V5 a kind crosses the wire, a stack trace does not', async () => {
    const client = dial(serve().url)
    const forbidden = client.ask('test.forbidden', '1', 5_000)
    expect(forbidden).rejects.toMatchObject({ error: { kind: 'forbidden', words: 'Not for you.' } })
    const bug = await client.ask('test.bug', '1', 5_000).catch((failure: { error: unknown }) => failure.error)
    expect(JSON.stringify(bug)).not.toContain('secret')
    expect(bug).toMatchObject({ kind: 'internal' })
  })

  test('a large body travels compressed and keeps its place among small frames', async () => {
    const server = serve()
    const client = dial(server.url)
    await reach(client, 'online')
    const heard = record()
    client.observe('test.Ticks', {}, heard.observer)
    await heard.until(1)
    const large = 'x'.repeat(200_000)
    for (const n of [1, 2, 3]) {
      server.vortex.publish('ticks', patchText(n, { key: 'a', words: n === 2 ? large : 'small' }))
      for (const session of server.vortex.sessions()) session.sendText(patchText(n + 0.5, { key: 'b', words: 'own' }))
    }
    await heard.until(7)
    expect(heard.tokens).toEqual(['0', '1', '1.5', '2', '2.5', '3', '3.5'])
  })

  test('a large frame from a service may come compressed, from a device it may not', async () => {
    const { url } = serve()
    const frame = encodeFrame(
      { k: 'ask', req: 1, name: 'test.echo', deadlineMs: 5_000 },
      JSON.stringify('y'.repeat(500_000)),
    )
    const service = await dialRaw(url)
    service.send(encodeFrame({ ...hello(), role: 'service' }))
    await service.until('welcome')
    service.send(Bun.gzipSync(frame))
    await service.until('reply')
    const device = await greetRaw(url)
    device.send(Bun.gzipSync(frame))
    await device.until('trouble')
    expect(device.heard.at(-1)).toMatchObject({ error: { kind: 'bad-frame' } })
  })
})

describe('V4 a device that was away', () => {
  test('comes back with five thousand actions, is neither cut off nor slowed down, and needs few messages', async () => {
    const { url, vortex } = serve()
    const client = dial(url)
    const acts = Array.from({ length: 5_000 }, (_, n) => ({ ...action(), seq: n + 1 }))
    const answers: string[] = []
    const ready = [...acts]
    const lane = async (): Promise<void> => {
      for (let next = ready.shift(); next; next = ready.shift()) answers.push((await client.act(next, '{}')).outcome)
    }
    await Promise.all(Array.from({ length: 500 }, lane))
    expect(answers.filter((outcome) => outcome === 'accepted')).toHaveLength(5_000)
    expect(client.stats()).toMatchObject({ connections: 1, badFrames: 0, lateAnswers: 0 })
    expect(vortex.stats()).toMatchObject({ badFrames: 0 })
    expect(vortex.stats().framesOut).toBeLessThan(2_500)
  }, 120_000)
})

describe('V3 what a restart leaves behind', () => {
  test('the client finds the new server by itself and resumes from its last token', async () => {
    const first = serve()
    const client = dial(first.url)
    const heard = record()
    client.observe('test.Ticks', {}, heard.observer)
    await heard.until(1)
    first.vortex.publish('ticks', patchText(41, { key: 'a', words: 'last' }))
    await heard.until(2)
    await first.stop()
    await reach(client, 'offline')

    const asked: Observe[] = []
    const late = client.act(action(), '{"n":2}')
    const second = serve({ port: first.port, onObserve: (observe) => asked.push(observe) })
    cleanUps.push(second.stop)
    client.retryNow()
    expect(await late).toMatchObject({ outcome: 'accepted' })
    expect(asked.map(({ token }) => token)).toEqual(['41'])
    await heard.until(3)
    expect(heard.tokens.at(-1)).toBe('resumed')
  })

  test('a stop finishes what is under way and says when to come back', async () => {
    const release = createDeferred()
    const server = serve({ onAct: () => release.promise })
    const raw = await greetRaw(server.url)
    raw.send(encodeFrame({ k: 'act', req: 7, ...action() }, '1'))
    raw.send(encodeFrame({ k: 'beat' }))
    await eventually('the action is under way', () => server.vortex.stats().requestsInFlight > 0)
    const drained = server.vortex.drain()
    raw.send(encodeFrame({ k: 'act', req: 8, ...action() }, '1'))
    await raw.until('trouble')
    release.resolve()
    await drained
    expect(await raw.closed).toBe(4_009)
    const kinds = raw.heard.map(({ k }) => k).filter((k) => k !== 'beat')
    expect(kinds).toEqual(['welcome', 'trouble', 'answer', 'bye'])
    expect(raw.heard.at(-1)).toHaveProperty('retryAfterMs')
    expect((await fetch(server.url.replace('ws:', 'http:'))).status).toBe(503)
  })
})

describe('V4 bounds', () => {
  test('a frame over the size is refused by name, and the connection goes on', async () => {
    const raw = await greetRaw(serve({ limits: { frameSizeBytesMax: 2_000 } }).url)
    raw.send(encodeFrame({ k: 'act', req: 9, ...action() }, JSON.stringify('z'.repeat(3_000))))
    await raw.until('trouble')
    expect(raw.heard.at(-1)).toMatchObject({ req: 9, error: { kind: 'too-large' } })
    raw.send(encodeFrame({ k: 'ask', req: 10, name: 'test.echo', deadlineMs: 10_000 }, '1'))
    await raw.until('reply')
  })

  test('too many connections of one address: the next one is told and closed', async () => {
    const { url } = serve({ limits: { sessionsPerAddressMax: 1 } })
    await greetRaw(url)
    const second = await dialRaw(url)
    expect(await second.closed).toBe(4_004)
    expect(second.heard.at(-1)).toMatchObject({ k: 'bye', error: { kind: 'too-many' } })
  })

  test('O5 a caller that stops reading is closed, not buffered for ever', async () => {
    const server = serve({ limits: { queuedBytesMax: 64 * 1024 } })
    const slow = await dialSlow(server.port)
    await eventually('the caller is greeted', () => [...server.vortex.sessions()].length > 0)
    const noise = createSeededRandom(1)
    // Noise does not compress, so that every frame is its full size.
    const words = Array.from({ length: 200_000 }, () => String.fromCharCode(33 + Math.floor(noise() * 90))).join('')
    for (let n = 0; n < 500 && [...server.vortex.sessions()].length > 0; n++) {
      server.vortex.publish('ticks', patchText(n, { key: String(n), words: `${n}${words}` }))
      await Bun.sleep(0)
    }
    expect([...server.vortex.sessions()]).toEqual([])
    slow.end()
  })
})

test(`S3 ${fuzzCount} bad frames each get an error, and a well-behaved neighbour never notices`, async () => {
  const seed = testSeed()
  const random = createSeededRandom(seed)
  const logged: LogLine[] = []
  const limits = {
    badFramesMax: fuzzCount + 1,
    framesPerSecondMax: 1e6,
    framesBurstMax: 1e6,
    frameSizeBytesMax: 20_000,
  }
  const server = serve({ limits, log: logged })
  const neighbour = dial(server.url)
  await reach(neighbour, 'online')
  const hostile = await greetRaw(server.url)
  const batchSize = 100
  for (let sent = 0; sent < fuzzCount; sent += batchSize) {
    const count = Math.min(batchSize, fuzzCount - sent)
    for (let n = 0; n < count; n++) hostile.send(toBadFrame(random))
    hostile.send(encodeFrame({ k: 'ask', req: sent, name: 'test.echo', deadlineMs: 10_000 }, '"still there?"'))
    await hostile.until('reply', sent / batchSize + 1)
    expect(hostile.count('trouble'), `seed ${seed}`).toBe(sent + count)
    const body = `{"n":${sent}}`
    expect(await neighbour.act(action(), body), `seed ${seed}`).toEqual({ outcome: 'accepted', position: body })
  }
  const harmless: ReadonlySet<string> = new Set(['trouble', 'welcome', 'beat', 'reply'])
  const wrong = hostile.heard.filter((head) => !harmless.has(head.k))
  expect(wrong, `seed ${seed}`).toEqual([])
  expect(server.vortex.stats().badFrames).toBe(fuzzCount)
  expect(logged.filter(({ level }) => level === 'error')).toEqual([])
  expect(neighbour.stats().connections).toBe(1)
}, 120_000)

/* ---- what hostile callers send ---- */

function toBadFrame(random: () => number): string | Uint8Array<ArrayBuffer> {
  const good = encodeFrame({ k: 'act', req: 1, ...action() }, '{"n":1}')
  const depth = Math.floor(random() * 9_000)
  return pickOne<() => string | Uint8Array<ArrayBuffer>>(random, [
    () => crypto.getRandomValues(new Uint8Array(1 + Math.floor(random() * 500))),
    () => Array.from({ length: 40 }, () => String.fromCharCode(Math.floor(random() * 0xffff))).join(''),
    () => good.slice(0, 1 + Math.floor(random() * (good.indexOf('\n') - 1))),
    () => '['.repeat(depth) + ']'.repeat(depth),
    () => `{"k":"act","req":${'{"a":'.repeat(depth / 3)}1${'}'.repeat(depth / 3)}}`,
    () => `{"k":"act","req":${pickOne(random, ['1e400', '-1', '1.5', '9007199254740993', '"1"', 'null'])}}\n1`,
    () =>
      encodeFrame(
        {
          ...JSON.parse(good.split('\n')[0] ?? ''),
          [pickOne(random, ['id', 'at', 'name', 'version', 'lane'])]: pickOne(random, [
            {},
            [],
            true,
            '',
            'x'.repeat(300),
            null,
          ]),
        },
        '1',
      ),
    () =>
      encodeFrame(
        { k: pickOne(random, ['', 'acts', '__proto__', 'constructor', 'welcome', 'patch', 1, null, {}]) },
        '1',
      ),
    () => encodeFrame({ k: 'beat', more: random() }),
    () =>
      encodeFrame(
        { k: 'act', req: 2, ...action(), by: { user: 'boss', device: 'x', service: 'x', roles: ['admin'] } },
        '1',
      ),
    () => encodeFrame({ k: 'act', req: 3, ...action() }),
    () =>
      encodeFrame({
        k: 'observe',
        obs: 1,
        name: 'test.Ticks',
        selector: pickOne(random, [{ a: {} }, [], 'x', { a: [1] }, null]),
      }),
    () => encodeFrame({ k: 'ask', req: 4, name: 'test.echo', deadlineMs: pickOne(random, [0, -5, 1e12, '9']) }, '1'),
    () => encodeFrame(hello()),
    () => `{"k":"beat"${' '.repeat(21_000)}}`,
    () =>
      pickOne(random, [
        '',
        '\n',
        '\n\n\n',
        '0',
        'null',
        '"beat"',
        '\u0000',
        '{"k":"beat"}}',
        '{"__proto__":{"k":"beat"}}',
      ]),
  ])()
}

/* ---- the server and its clients ---- */

type ServeOptions = {
  limits?: Partial<Limits>
  port?: number
  log?: LogLine[]
  admit?: Parameters<typeof createVortexServer>[0]['admit']
  onAct?: () => Promise<void>
  onObserve?: (observe: Observe) => void
}

function serve(options: ServeOptions = {}) {
  const handler: VortexHandler = {
    onAct: async (_session, _act, body) => {
      await options.onAct?.()
      return { outcome: 'accepted', position: body }
    },
    onAsk: async (_session, ask, body) => {
      if (ask.name === 'test.forbidden') throw new PlatformError('forbidden', 'Not for you.')
      if (ask.name === 'test.bug') throw new TypeError('secret of the house')
      return body
    },
    onObserve: (session, observe) => {
      options.onObserve?.(observe)
      follow(session, observe)
    },
    onUnobserve: () => undefined,
    onClose: () => undefined,
  }
  const vortex: VortexServer = createVortexServer({
    service: { name: 'field', instance: newUuid(), build: 'test' },
    limits: { ...defaultLimits, ...options.limits },
    log: createLog('test', (line) => options.log?.push(line)),
    clock: systemClock,
    admit:
      options.admit ?? (async ({ device }) => ({ principal: { user: 'guest', device, service: 'field', roles: [] } })),
    handler,
  })
  const app: HonoApp = new Hono()
  vortex.mount(app)
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    fetch: app.fetch,
    websocket: vortex.websocket,
  })
  vortex.attach(server)
  const stop = async () => {
    vortex.close()
    await server.stop(true)
  }
  if (options.port === undefined) cleanUps.push(stop)
  const port = server.port ?? 0
  return { vortex, port, url: `ws://127.0.0.1:${port}/vortex`, stop }
}

function follow(session: Session, { obs, token }: Observe): void {
  session.join('ticks')
  if (token !== undefined) return session.send({ k: 'resumed', obs, sel: 1 })
  session.send({ k: 'rows', obs, sel: 1, token: '0', position: '0', keyedBy: ['key'], orderBy: [] }, '[]')
}

function patchText(n: number, row: Row): string {
  const patch: SelectorPatch = { sel: 1, token: String(n), position: String(n), set: [row], del: [], acts: [] }
  return encodeFrame({ k: 'patch' }, JSON.stringify([patch]))
}

function dial(url: string): DirectVortexClient {
  const { k: _k, versions: _versions, ...rest } = hello()
  const client = makeVortexClient({ url, hello: rest, clock: systemClock, random: systemRandom })
  cleanUps.push(() => client.close())
  return client
}

function reach<S extends ConnectionState['state']>(client: DirectVortexClient, wanted: S) {
  type Wanted = Extract<ConnectionState, { state: S }>
  const isWanted = (state: ConnectionState): state is Wanted => state.state === wanted
  return new Promise<Wanted>((resolve) => {
    const check = (state: ConnectionState) => {
      if (!isWanted(state)) return
      stop()
      resolve(state)
    }
    const stop = client.onState(check)
    check(client.state())
  })
}

function record() {
  const tokens: string[] = []
  let waiting: { count: number; resolve: () => void } | undefined
  const hear = (token: string) => {
    tokens.push(token)
    if (waiting && tokens.length >= waiting.count) waiting.resolve()
  }
  const observer: Observer = {
    rows: ({ position }) => hear(position),
    patch: ({ token }) => hear(token),
    resumed: () => hear('resumed'),
    trouble: ({ kind }) => hear(kind),
  }
  const until = (count: number) =>
    tokens.length >= count ? Promise.resolve() : new Promise<void>((resolve) => (waiting = { count, resolve }))
  return { observer, tokens, until }
}

/** A socket without our client, for what our client would never send. */
async function dialRaw(url: string) {
  const heard: DownHead[] = []
  const counts = new Map<string, number>()
  const opened = createDeferred()
  const closed = createDeferred<number>()
  let check: () => void = () => undefined
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => opened.resolve()
  socket.onclose = ({ code }) => closed.resolve(code)
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    const text = typeof data === 'string' ? data : new TextDecoder().decode(Bun.gunzipSync(data))
    const parsed = parseDownFrame(text)
    if (!parsed.ok) throw new Error(parsed.words)
    const { head } = parsed.value
    heard.push(head)
    counts.set(head.k, (counts.get(head.k) ?? 0) + 1)
    check()
  }
  cleanUps.push(() => socket.close())
  await opened.promise
  const count = (k: DownHead['k']) => counts.get(k) ?? 0
  const until = (k: DownHead['k'], wanted = 1) =>
    new Promise<void>((resolve) => {
      check = () => count(k) >= wanted && resolve()
      check()
    })
  return {
    heard,
    count,
    until,
    closed: closed.promise,
    send: (frame: string | Uint8Array<ArrayBuffer>) => socket.send(frame),
  }
}

async function greetRaw(url: string) {
  const raw = await dialRaw(url)
  raw.send(encodeFrame(hello()))
  await raw.until('welcome')
  return raw
}

/** Speaks just enough of the protocol to be greeted and to observe, then never reads again. */
async function dialSlow(port: number) {
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data: (self, bytes) => {
        if (!bytes.toString('latin1').includes('welcome')) return
        self.write(toMaskedText(encodeFrame({ k: 'observe', obs: 1, name: 'test.Ticks', selector: {} })))
        self.pause()
      },
    },
  })
  socket.write(
    'GET /vortex HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  socket.write(toMaskedText(encodeFrame(hello())))
  return socket
}

/** One client frame of RFC 6455, masked with zeros. */
function toMaskedText(text: string): Uint8Array {
  const body = new TextEncoder().encode(text)
  return new Uint8Array([0x81, 0x80 | 126, body.length >> 8, body.length & 255, 0, 0, 0, 0, ...body])
}

function hello() {
  return {
    k: 'hello' as const,
    versions: [1],
    role: 'device' as const,
    name: 'field',
    device: newUuid(),
    instance: newUuid(),
    build: 'test',
  }
}

function action(): PushedAction {
  return { id: newUuid(), name: 'test.DoIt', version: 1, at: 1, lane: 'lane' }
}
