import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import type { Answer } from '../protocol/answer.ts'
import type { DownHead } from '../protocol/down.ts'
import { encodeFrame, splitFrame } from '../protocol/frame.ts'
import { bundleFrames, framesOf, isBundle } from '../protocol/frame-bundle.ts'
import { bundleSizeBytesMax } from '../protocol/limits.ts'
import type { Selector } from '../protocol/row.ts'
import { makeVortexClient, type VortexClientOptions } from './make-vortex-client.ts'
import type { SocketEvents } from './socket-like.ts'
import type { Observer } from './vortex-client.ts'

const id = '6f9619ff-8b86-4011-b42d-00cf4fc964ff'
const other = '6f9619ff-8b86-4011-b42d-00cf4fc96500'
const accepted: Answer = { outcome: 'accepted', position: 'p' }
const action = { id, name: 'tutorial.AddInt', version: 1, at: 1 }

describe('V3 the connection', () => {
  test('greets, and is online after the welcome', () => {
    const { client, server } = setUp()
    expect(client.state()).toMatchObject({ state: 'connecting', attempt: 0 })
    server.open()
    expect(server.said()).toEqual([expect.objectContaining({ k: 'hello', versions: [4, 3, 2, 1], name: 'field' })])
    server.welcome()
    expect(client.state().state).toBe('online')
  })

  test('comes back soon after the first loss, then ever slower', () => {
    const { client, server, clock } = setUp()
    const waits: number[] = []
    for (let loss = 0; loss < 6; loss++) {
      server.drop()
      const state = client.state()
      if (state.state !== 'offline') throw new Error(`found ${state.state}`)
      waits.push(state.retryAt - clock.now())
      clock.advance(state.retryAt - clock.now())
    }
    expect(waits).toEqual([250, 750, 1_500, 3_000, 6_000, 7_500])
    expect(server.sockets).toBe(7)
  })

  test('a laptop that slept finds out on its first tick and connects at once', () => {
    const { client, server, clock, sleep } = setUp()
    server.open()
    server.welcome()
    sleep(3_600_000)
    clock.advance(10_000)
    expect(client.state()).toMatchObject({ state: 'connecting' })
    expect(server.sockets).toBe(2)
  })

  test('one whose clock was set back by a day finds the dead socket all the same', () => {
    const { client, server, clock, sleep } = setUp()
    server.open()
    server.welcome()
    sleep(-24 * 3_600_000)
    clock.advance(30_000)
    expect(client.state()).toMatchObject({ state: 'connecting' })
    expect(server.sockets).toBe(2)
  })

  test('beats by itself and in answer, because a hidden page has slow timers', () => {
    const { server, clock } = setUp()
    server.open()
    server.welcome()
    clock.advance(9_000)
    server.say({ k: 'beat' })
    server.say({ k: 'beat' })
    expect(server.said().filter(({ k }) => k === 'beat')).toHaveLength(1)
    clock.advance(1_000)
    expect(server.said().filter(({ k }) => k === 'beat')).toHaveLength(2)
  })

  test('a wrong version is refused for good, until a person asks again', () => {
    const { client, server, clock } = setUp()
    server.open()
    server.say({ k: 'bye', error: { kind: 'wrong-version', words: 'Reload.' } })
    server.drop()
    clock.advance(600_000)
    expect(client.state()).toMatchObject({ state: 'refused', error: { words: 'Reload.' } })
    expect(server.sockets).toBe(1)
    client.retryNow()
    expect(client.state().state).toBe('connecting')
  })

  test('who signs in while a try is under way is not left with the refusal of that try', () => {
    const { client, server } = setUp()
    server.open()
    client.retryNow()
    server.say({ k: 'bye', error: { kind: 'forbidden', words: 'Sign in again.' } })
    expect([client.state().state, server.sockets]).toEqual(['connecting', 2])
  })

  test('a stopping server says when to come back', () => {
    const { client, server, clock } = setUp()
    server.open()
    server.welcome()
    server.say({ k: 'bye', error: { kind: 'unavailable', words: 'Stopping.' }, retryAfterMs: 1_234 })
    expect(client.state()).toMatchObject({ state: 'offline', words: 'Stopping.', retryAt: clock.now() + 1_234 })
  })

  test('a server that never welcomes is given up', () => {
    const { client, server, clock } = setUp()
    server.open()
    clock.advance(10_000)
    expect(client.state().state).toBe('offline')
  })

  test('a socket that was given up is not listened to any more', () => {
    const { client, server, clock } = setUp()
    server.open()
    const old = server.current()
    server.drop()
    clock.advance(250)
    old.onText(encodeFrame(toWelcome()))
    old.onClose(1_006, '')
    expect(client.state()).toMatchObject({ state: 'connecting' })
  })
})

describe('V7 actions', () => {
  test('one pushed offline is sent in order once online', async () => {
    const { client, server } = setUp()
    const answers = [client.act(action, '1'), client.act({ ...action, id: other }, '2')]
    server.open()
    server.welcome()
    expect(server.acts().map(({ id }) => id)).toEqual([id, other])
    for (const { req = 0 } of server.acts()) server.say({ k: 'answer', req, answer: accepted })
    expect(await Promise.all(answers)).toEqual([accepted, accepted])
  })

  test.each([
    [3, undefined],
    [4, 7],
  ])(
    'V1 its number in the outbox is told to a server of version %p as far as that knows of it',
    async (version, seq) => {
      const { client, server } = setUp()
      server.open()
      server.welcome(version)
      void client.act({ ...action, seq: 7 }, '1')
      client.report({ announced: 7, acked: 6, unsent: 1, attention: 0, build: 'b', cached: 0 })
      await Promise.resolve()
      expect(server.acts()[0]?.seq).toBe(seq)
      expect(server.said().some(({ k }) => k === 'device')).toBe(seq !== undefined)
    },
  )

  test('those pushed in one turn share a message, and so do those that answers make room for', async () => {
    const { client, server } = setUp()
    server.open()
    server.welcome(4)
    const before = server.messages()
    for (let count = 0; count < 1_000; count++) void client.act(action, '1')
    await Promise.resolve()
    expect(server.acts()).toHaveLength(64)
    expect(server.messages() - before).toBeLessThanOrEqual(2)
    const answers = server.acts().map(({ req = 0 }) => encodeFrame({ k: 'answer', req, answer: accepted }))
    server.current().onText(bundleFrames(answers))
    await Promise.resolve()
    expect(server.acts()).toHaveLength(64 + 128)
    expect(server.messages() - before).toBeLessThanOrEqual(4)
  })

  test('a message of several is never longer than the edge takes, whatever their characters are', async () => {
    const { client, server } = setUp()
    server.open()
    server.welcome(4)
    for (let count = 0; count < 64; count++) void client.act(action, JSON.stringify('\u20ac'.repeat(count * 50)))
    await Promise.resolve()
    expect(server.acts()).toHaveLength(64)
    for (const text of server.texts()) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bundleSizeBytesMax)
  })

  test('V1 a server of an earlier version gets a message for each, and few at once', async () => {
    const { client, server } = setUp()
    server.open()
    server.welcome(3)
    for (let count = 0; count < 1_000; count++) void client.act(action, '1')
    await Promise.resolve()
    expect(server.acts()).toHaveLength(64)
    expect(server.texts().some(isBundle)).toBe(false)
  })

  test('V4 what is too much for the edge is followed by a moment of silence, then by less', async () => {
    const { client, server, clock } = setUp()
    server.open()
    server.welcome(4)
    for (let count = 0; count < 1_000; count++) void client.act({ ...action, id: toId(count) }, '1')
    await Promise.resolve()
    for (const { req = 0 } of server.acts())
      server.say({ k: 'trouble', req, error: { kind: 'too-many', words: 'Slower.' } })
    clock.advance(100)
    await Promise.resolve()
    expect(server.acts()).toHaveLength(64)
    clock.advance(200)
    await Promise.resolve()
    expect(server.acts()).toHaveLength(64 + 32)
    expect(server.acts()[64]).toMatchObject({ id: toId(0) })
  })

  test('one without an answer is sent again with the same id after a reconnect', async () => {
    const { client, server, clock } = setUp()
    server.open()
    server.welcome()
    const answer = client.act(action, '1')
    const first = server.acts()[0]?.req ?? 0
    server.drop()
    clock.advance(250)
    server.open()
    server.welcome()
    const again = server.acts()
    expect(again).toMatchObject([{ id }])
    server.say({ k: 'answer', req: first, answer: { outcome: 'rejected', kind: 'x', words: 'late', position: 'p' } })
    expect(client.stats().lateAnswers).toBe(1)
    server.say({ k: 'answer', req: again[0]?.req ?? 0, answer: accepted })
    expect(await answer).toEqual(accepted)
  })

  test('"failed" and silence are tried again; a timeout is never a rejection', async () => {
    const { client, server, clock } = setUp()
    server.open()
    server.welcome()
    const answer = client.act(action, '1')
    server.say({ k: 'answer', req: 1, answer: { outcome: 'failed', kind: 'timeout', words: '?' } })
    clock.advance(250)
    expect(server.acts()).toHaveLength(2)
    for (let second = 0; second < 30; second++) {
      clock.advance(1_000)
      server.say({ k: 'beat' })
    }
    expect(server.acts()).toHaveLength(3)
    server.say({ k: 'answer', req: server.acts()[2]?.req ?? 0, answer: accepted })
    expect(await answer).toEqual(accepted)
  })

  test('a frame that can never be taken settles as failed', async () => {
    const { client, server } = setUp()
    server.open()
    server.welcome()
    const answer = client.act(action, '1')
    server.say({ k: 'trouble', req: 1, error: { kind: 'bad-frame', words: 'No.' } })
    expect(await answer).toEqual({ outcome: 'failed', kind: 'bad-frame', words: 'No.' })
    expect(await client.act(action, 'x'.repeat(300_000))).toMatchObject({ kind: 'too-large' })
  })

  test('V4 the queue is bounded, and few are under way at once', async () => {
    const { client, server } = setUp({ queuedCountMax: 2, inFlightCountMax: 1 })
    server.open()
    server.welcome()
    void client.act(action, '1')
    void client.act(action, '2')
    expect(await client.act(action, '3')).toMatchObject({ outcome: 'failed', kind: 'too-many' })
    expect(server.acts()).toHaveLength(1)
    server.say({ k: 'answer', req: 1, answer: accepted })
    expect(server.acts()).toHaveLength(2)
  })

  test('without retry, a failure, a deadline or a close settles it', async () => {
    const { client, server, clock } = setUp()
    const late = client.act(action, '1', { retry: false, deadlineMs: 50 })
    clock.advance(50)
    expect(await late).toMatchObject({ outcome: 'failed', kind: 'timeout' })
    server.open()
    server.welcome()
    expect(server.acts()).toHaveLength(0)
    const last = client.act(action, '1')
    client.close()
    expect(await last).toMatchObject({ outcome: 'failed', kind: 'unavailable' })
    expect(client.state().state).toBe('closed')
  })

  test('what waits for its next try goes at once when logic is back', () => {
    const { client, server } = setUp()
    server.open()
    server.welcome()
    void client.act(action, '1')
    server.say({ k: 'upstream', online: false, words: 'Logic is away.' })
    expect(client.upstream()).toEqual({ online: false, words: 'Logic is away.' })
    server.say({ k: 'answer', req: 1, answer: { outcome: 'failed', kind: 'unavailable', words: '' } })
    server.say({ k: 'upstream', online: true, words: '' })
    expect(server.acts()).toHaveLength(2)
  })
})

describe('V5 requests', () => {
  test('one asked offline waits for the connection within its deadline', async () => {
    const { client, server, clock } = setUp()
    const reply = client.ask('tutorial.echo', '1', 1_000)
    clock.advance(400)
    server.open()
    server.welcome()
    expect(server.said().at(-1)).toMatchObject({ k: 'ask', deadlineMs: 600 })
    server.say({ k: 'reply', req: 1 }, '"one"')
    expect(await reply).toBe('"one"')
    const lost = client.ask('tutorial.echo', '1', 1_000)
    clock.advance(1_000)
    expect(lost).rejects.toMatchObject({ error: { kind: 'timeout' } })
    server.say({ k: 'reply', req: 2 }, '"late"')
    expect(client.stats().lateAnswers).toBe(1)
  })

  test('a lost connection and a refusal are two different errors', () => {
    const { client, server } = setUp()
    server.open()
    server.welcome()
    const refused = client.ask('tutorial.echo', '1', 1_000)
    server.say({ k: 'reply', req: 1, error: { kind: 'forbidden', words: 'No.' } })
    expect(refused).rejects.toMatchObject({ error: { kind: 'forbidden' } })
    const lost = client.ask('tutorial.echo', '1', 1_000)
    server.drop()
    expect(lost).rejects.toMatchObject({ error: { kind: 'unavailable' } })
  })
})

describe('V3 observations', () => {
  test('resume with the last token after a reconnect, under a new selector number', () => {
    const { client, server, clock } = setUp()
    const heard = observe(client)
    server.open()
    server.welcome()
    server.say(toRows({ obs: 1, sel: 5, token: 'a' }), '[{"id":"x"}]')
    server.patch({ sel: 5, token: 'b' })
    server.patch({ sel: 6, token: 'c' })
    expect(heard).toEqual(['rows', 'patch b'])
    expect(client.stats().unknownSelectors).toBe(1)
    server.drop()
    clock.advance(250)
    server.open()
    server.welcome()
    expect(server.said().at(-1)).toMatchObject({ k: 'observe', obs: 1, token: 'b' })
    server.patch({ sel: 5, token: 'x' })
    server.say({ k: 'resumed', obs: 1, sel: 9 })
    server.patch({ sel: 9, token: 'd' })
    expect(heard).toEqual(['rows', 'patch b', 'resumed', 'patch d'])
  })

  test('V8 all patches of a frame are applied as one', () => {
    let depth = 0
    const seen: number[] = []
    const batch = (work: () => void) => {
      depth++
      work()
      depth--
    }
    const { client, server } = setUp({ batch })
    client.observe('tutorial.StringInt', {}, { ...quiet, patch: () => seen.push(depth) })
    server.open()
    server.welcome()
    server.say(toRows({ obs: 1, sel: 1, token: 'a' }), '[]')
    server.patch({ sel: 1, token: 'b' }, { sel: 1, token: 'c' })
    expect(seen).toEqual([1, 1])
  })

  test('trouble that passes is tried again; a refusal only on the next connection', () => {
    const { client, server, clock } = setUp()
    const heard = observe(client)
    server.open()
    server.welcome()
    const asked = () => server.said().filter(({ k }) => k === 'observe').length
    server.say({ k: 'trouble', obs: 1, error: { kind: 'unavailable', words: '' } })
    clock.advance(1_000)
    expect(asked()).toBe(2)
    server.say({ k: 'trouble', obs: 1, error: { kind: 'forbidden', words: '' }, final: true })
    clock.advance(9_000)
    expect(asked()).toBe(2)
    expect(heard).toEqual(['trouble unavailable', 'trouble forbidden final'])
  })

  test('one that ended is unobserved and hears no more', () => {
    const { client, server } = setUp()
    server.open()
    server.welcome()
    const heard: string[] = []
    const stop = client.observe('tutorial.StringInt', {}, toObserver(heard))
    server.say(toRows({ obs: 1, sel: 1, token: 'a' }), '[]')
    stop()
    stop()
    server.patch({ sel: 1, token: 'b' })
    expect(heard).toEqual(['rows'])
    expect(server.said().at(-1)).toMatchObject({ k: 'unobserve', obs: 1 })
  })

  test('an observer that throws does not take its neighbour with it', () => {
    const { client, server } = setUp()
    const broken = () => {
      throw new Error('a bug on the screen')
    }
    client.observe('tutorial.StringInt', {}, { ...quiet, rows: broken, patch: broken })
    const heard = observe(client)
    server.open()
    server.welcome()
    server.say(toRows({ obs: 1, sel: 1, token: 'a' }), '[]')
    server.say(toRows({ obs: 2, sel: 1, token: 'a' }), '[]')
    server.patch({ sel: 1, token: 'b' })
    expect(heard).toEqual(['rows', 'patch b'])
  })
})

test('S3 a frame that is none is counted, and the next one is taken', () => {
  const { client, server } = setUp()
  server.open()
  server.welcome()
  for (const text of ['', '{}', '{"k":"rows"}']) server.current().onText(text)
  expect(client.stats().badFrames).toBe(3)
  expect(client.state().state).toBe('online')
})

/* ---- the other side ---- */

const quiet: Observer = {
  rows: () => undefined,
  patch: () => undefined,
  resumed: () => undefined,
  trouble: () => undefined,
}

function toObserver(heard: string[]): Observer {
  return {
    rows: () => heard.push('rows'),
    patch: ({ token }) => heard.push(`patch ${token}`),
    resumed: () => heard.push('resumed'),
    trouble: ({ kind }, final) => heard.push(`trouble ${kind}${final ? ' final' : ''}`),
  }
}

function observe(client: { observe(name: string, selector: Selector, observer: Observer): () => void }): string[] {
  const heard: string[] = []
  client.observe('tutorial.StringInt', {}, toObserver(heard))
  return heard
}

function toId(count: number): string {
  return `${id.slice(0, -6)}${String(count).padStart(6, '0')}`
}

function toWelcome(version = 1): DownHead {
  const principal = { user: 'guest', device: id, service: 'field', roles: [] }
  const times = { beatMs: 10_000, silenceMs: 30_000, at: 0 }
  return { k: 'welcome', version, session: 's', service: 'field', instance: id, build: 'b', principal, ...times }
}

function toRows({ obs, sel, token }: { obs: number; sel: number; token: string }): DownHead {
  return { k: 'rows', obs, sel, token, position: token, keyedBy: ['id'], orderBy: [] }
}

function setUp(options: Partial<VortexClientOptions> = {}) {
  const fake = createFakeClock(1_000_000)
  let sleptMs = 0
  const clock = { ...fake, now: () => fake.now() + sleptMs }
  const links: { events: SocketEvents; sent: string[] }[] = []
  const client = makeVortexClient({
    url: 'ws://fake',
    hello: { role: 'device', name: 'field', device: id, instance: other, build: 'b' },
    clock,
    random: () => 0.5,
    openSocket: (_url, events) => {
      const sent: string[] = []
      links.push({ events, sent })
      return { send: (text) => sent.push(text), close: () => undefined }
    },
    ...options,
  })
  const current = () => {
    const link = links.at(-1)
    if (!link) throw new Error('no socket was opened')
    return link
  }
  type Said = { k: string; req?: number; id?: string; seq?: number }
  const said = () =>
    current()
      .sent.flatMap(framesOf)
      .map((text) => JSON.parse(splitFrame(text).head) as Said)
  const say = (head: DownHead, body?: string) => current().events.onText(encodeFrame(head, body))
  const server = {
    get sockets() {
      return links.length
    },
    current: () => current().events,
    open: () => current().events.onOpen(),
    welcome: (version?: number) => say(toWelcome(version)),
    drop: () => current().events.onClose(1_006, ''),
    say,
    patch: (...patches: { sel: number; token: string }[]) =>
      say(
        { k: 'patch' },
        JSON.stringify(patches.map((one) => ({ position: 'p', set: [], del: [], acts: [], ...one }))),
      ),
    said,
    texts: () => current().sent,
    messages: () => current().sent.length,
    acts: () => said().filter(({ k }) => k === 'act'),
  }
  /** The wall clock goes on while timers stand still. */
  const sleep = (lengthMs: number) => {
    sleptMs += lengthMs
  }
  return { client, server, clock, sleep }
}
