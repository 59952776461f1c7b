import { afterEach, expect, test } from 'bun:test'
import { Hono } from 'hono'
import type { ChangeEvent, EffectNews } from '#event-store/change-event.ts'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { createLog, type LogLine } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { toPosition } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import { effectsRequestName, type KnownEffect } from '#vortex/protocol/action-effect.ts'
import type { DownHead } from '#vortex/protocol/down.ts'
import { encodeFrame } from '#vortex/protocol/frame.ts'
import { defaultLimits } from '#vortex/protocol/limits.ts'
import { parseDownFrame } from '#vortex/protocol/parse-frame.ts'
import { type Looked, passedRequestName } from '#vortex/protocol/passed-request.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import { spokenVersions } from '#vortex/protocol/protocol-version.ts'
import type { Snapshot } from '#vortex/protocol/snapshot.ts'
import type { UpHead } from '#vortex/protocol/up.ts'
import { createDeviceEdge } from './device-edge.ts'
import type { Upstream } from './upstream.ts'
import { startVortexSite } from './vortex-site.ts'

/** The edge between real websockets and a logic that the test plays. */

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const at = (place: number) => toPosition(BigInt(place), BigInt(place))
const somebodyElse: Principal = { user: 'boss', device: 'other', service: 'field', roles: ['admin'] }

const answerRows = async (): Promise<Snapshot> => ({
  meta: {
    feed: 'p.tasks',
    table: 'rows',
    incarnation: 'one',
    version: 1,
    position: at(10),
    fields: ['id'],
    keyedBy: ['id'],
    orderBy: [],
    selectorFields: [],
    access: 'everyone',
  },
  rows: [{ id: 'k1' }],
})

function createFakeUpstream(initial = { online: true, words: '' }) {
  const acts: { name: string; body: string; by: Principal }[] = []
  const asked: { name: string; by: Principal }[] = []
  const effectsAsked: { known: readonly KnownEffect[]; by: Principal }[] = []
  const lookedAsked: { name: string; position: string }[] = []
  let looked: Looked = { looked: 'not-yet' }
  const listeners = new Set<(state: typeof initial) => void>()
  let state = initial
  let snapshot = answerRows
  const upstream: Upstream = {
    act: async (act, body, by) => {
      acts.push({ name: act.name, body, by })
      return { outcome: 'accepted', position: at(1) }
    },
    snapshot: async (name, _selector, by) => {
      asked.push({ name, by })
      return snapshot()
    },
    call: () => Promise.reject(new Error('no calls here')),
    effects: async (known, by) => {
      effectsAsked.push({ known, by })
      return '{"effects":[]}'
    },
    looked: async (name, position) => {
      lookedAsked.push({ name, position })
      return looked
    },
    state: () => state,
    onState: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return {
    upstream,
    acts,
    asked,
    lookedAsked,
    answerLooked: (next: Looked) => {
      looked = next
    },
    effectsAsked,
    listeners,
    setState: (next: typeof initial) => {
      state = next
      for (const listener of listeners) listener(next)
    },
    answerWith: (next: typeof snapshot) => {
      snapshot = next
    },
  }
}

function serve(fake = createFakeUpstream()) {
  const lines: LogLine[] = []
  const edge = createDeviceEdge({
    service: { name: 'field', instance: newUuid(), build: 'test' },
    limits: defaultLimits,
    upstream: fake.upstream,
    admit: async ({ device }) => ({ principal: { user: 'ada', device, service: 'field', roles: [] } }),
    clock: systemClock,
    random: systemRandom,
    log: createLog('test', (line) => lines.push(line)),
  })
  const app = new Hono()
  edge.vortex.mount(app)
  const site = startVortexSite({ host: '127.0.0.1', port: 0, key: 'test', site: app, vortex: edge.vortex })
  const stop = async () => {
    await edge.stop()
    await site.stop()
  }
  cleanUps.push(stop)
  return { ...fake, edge, lines, url: `ws://127.0.0.1:${site.port}/vortex` }
}

type Heard = { readonly head: DownHead; readonly body?: string }

async function dial(url: string, role: 'device' | 'service' = 'device', versions: readonly number[] = spokenVersions) {
  const heard: Heard[] = []
  const waiting = new Set<() => void>()
  const socket = new WebSocket(url)
  const opened = createDeferred()
  socket.onopen = () => opened.resolve()
  socket.onmessage = ({ data }) => {
    const parsed = parseDownFrame(String(data))
    if (parsed.ok) heard.push(parsed.value)
    for (const check of waiting) check()
  }
  cleanUps.push(() => socket.close())
  await opened.promise
  const send = (head: UpHead, body?: string) => socket.send(encodeFrame(head, body))
  const until = <K extends DownHead['k']>(k: K, count = 1) =>
    new Promise<Heard & { head: Extract<DownHead, { k: K }> }>((resolve) => {
      const check = (): void => {
        const found = heard.filter((one): one is Heard & { head: Extract<DownHead, { k: K }> } => one.head.k === k)
        const last = found[count - 1]
        if (last) resolve(last)
      }
      waiting.add(check)
      check()
    })
  const device = newUuid()
  send({ k: 'hello', versions: [...versions], role, name: 'field', device, instance: newUuid(), build: 'test' })
  await (role === 'device' ? until('welcome') : until('bye'))
  return { heard, send, until, device, close: () => socket.close() }
}

const actHead = () => ({ k: 'act' as const, req: 1, id: newUuid(), name: 'p.Do', version: 1, at: 1 })

test('S4 an action goes up in the name of who the session is', async () => {
  const { url, acts } = serve()
  const device = await dial(url)
  device.send(actHead(), '{"n":1}')
  await device.until('answer')
  expect(acts).toEqual([
    { name: 'p.Do', body: '{"n":1}', by: { user: 'ada', device: device.device, service: 'field', roles: [] } },
  ])
})

test('S4 a device that speaks for somebody else is refused, and nothing goes up', async () => {
  const { url, acts } = serve()
  const device = await dial(url)
  device.send({ ...actHead(), by: somebodyElse }, '{}')
  await Promise.race([device.until('answer'), device.until('trouble')])
  expect(JSON.stringify(device.heard.at(-1)?.head)).toContain('"kind":"forbidden"')
  expect(acts).toEqual([])
})

test('V4 nobody gets the bounds of a service here by calling itself one', async () => {
  const { url, edge } = serve()
  const caller = await dial(url, 'service')
  expect(caller.heard.map(({ head }) => head)).toMatchObject([{ k: 'bye', error: { kind: 'forbidden' } }])
  expect([...edge.vortex.sessions()]).toEqual([])
})

test('S1 devices hear whether logic can be reached: those who are there, and those who come', async () => {
  const { url, setState } = serve()
  const first = await dial(url)
  setState({ online: false, words: 'Logic is away.' })
  expect((await first.until('upstream')).head).toEqual({ k: 'upstream', online: false, words: 'Logic is away.' })
  const second = await dial(url)
  expect((await second.until('upstream')).head).toEqual({ k: 'upstream', online: false, words: 'Logic is away.' })
  setState({ online: true, words: '' })
  expect((await second.until('upstream', 2)).head.online).toBe(true)
})

test('S1 what could not be shown while logic was away is asked for when it is back', async () => {
  const { url, setState, answerWith, asked } = serve()
  const device = await dial(url)
  answerWith(() => Promise.reject(new PlatformError('unavailable', 'Logic is away.')))
  device.send({ k: 'observe', obs: 1, name: 'p.Task', selector: {} })
  const trouble = await device.until('trouble')
  expect(trouble.head).toMatchObject({ obs: 1, error: { kind: 'unavailable', words: 'Logic is away.' } })
  answerWith(answerRows)
  setState({ online: true, words: '' })
  expect((await device.until('rows')).body).toBe('[{"id":"k1"}]')
  expect(asked[0]).toEqual({ name: 'p.Task', by: { user: 'ada', device: device.device, service: 'field', roles: [] } })
})

test('O1 a change reaches the device behind the rows it belongs to', async () => {
  const { url, edge } = serve()
  const device = await dial(url)
  device.send({ k: 'observe', obs: 1, name: 'p.Task', selector: {} })
  await device.until('rows')
  const change: ChangeEvent = {
    kind: 'changed',
    incarnation: 'one',
    version: 1,
    from: at(10),
    to: at(11),
    part: 0,
    parts: 1,
    tables: { rows: [{ k: 'k2', a: { id: 'k2' } }] },
  }
  edge.observables.take('p.tasks', change)
  expect((await device.until('patch')).body).toContain('"set":[{"id":"k2"}]')
})

const parked = { type: 'p.Do', stream: 'p.Task-1', position: at(11), since: 5, words: '' }
const progress = {
  kind: 'changed',
  incarnation: 'one',
  version: 1,
  from: at(10),
  to: at(11),
  part: 0,
  parts: 1,
} as const

test('seam 8 only the device whose action it is hears that its effect is delayed, and not whose action it is', async () => {
  const { url, edge } = serve()
  const [own, other] = [await dial(url), await dial(url)]
  const effects: EffectNews = {
    on: ['p.Task'],
    of: [
      { ...parked, actionId: 'a1', state: 'delayed', user: 'ben', device: own.device },
      { ...parked, actionId: 'a2', state: 'skipped', words: 'a test', user: 'ben', device: newUuid() },
    ],
  }
  edge.take('p.tasks', { ...progress, tables: {}, effects })
  const { body } = await own.until('effects')
  expect(JSON.parse(body ?? '')).toEqual([
    { ...parked, actionId: 'a1', state: 'delayed', projection: 'p.tasks', on: ['p.Task'] },
  ])
  edge.resyncAll('a test')
  expect((await other.until('effects')).head).toEqual({ k: 'effects', ask: true })
  expect(other.heard.map(({ head }) => head.k)).toEqual(['welcome', 'effects'])
})

test('seam 8 where the announcement names no action, or may have been missed, everybody is told to ask', async () => {
  const { url, edge } = serve()
  const device = await dial(url)
  edge.take('p.tasks', { ...progress, tables: {} })
  edge.take('p.tasks', { ...progress, tables: {}, effects: { on: [], of: 'ask' } })
  edge.take('p.tasks', { kind: 'resync', incarnation: 'two', version: 1, from: at(11), to: at(11) })
  edge.follows()
  await device.until('effects', 3)
  expect(device.heard.map(({ head }) => head.k)).toEqual(['welcome', 'effects', 'effects', 'effects'])
})

test('V1 a device of before effects were told of hears nothing of them, and goes on', async () => {
  const { url, edge } = serve()
  const device = await dial(url, 'device', [1])
  edge.take('p.tasks', { kind: 'resync', incarnation: 'two', version: 1, from: at(11), to: at(11) })
  device.send(actHead(), '{}')
  await device.until('answer')
  expect(device.heard.map(({ head }) => head.k)).toEqual(['welcome', 'answer'])
})

test('S4 what became of its actions is asked for in the name of who the session is, and a bad question is refused', async () => {
  const { url, effectsAsked } = serve()
  const device = await dial(url)
  const known = [{ actionId: 'a1', projection: 'p.tasks', position: at(11) }]
  device.send({ k: 'ask', req: 1, name: effectsRequestName, deadlineMs: 10_000 }, JSON.stringify({ known }))
  expect((await device.until('reply')).body).toBe('{"effects":[]}')
  expect(effectsAsked).toEqual([{ known, by: { user: 'ada', device: device.device, service: 'field', roles: [] } }])
  device.send({ k: 'ask', req: 2, name: effectsRequestName, deadlineMs: 10_000 }, '{"known":[{}]}')
  expect((await device.until('reply', 2)).head).toMatchObject({ req: 2, error: { kind: 'bad-input' } })
  expect(effectsAsked).toHaveLength(1)
})

test('O1 logic is asked how far a read model has looked only where the rows of a selector do not tell', async () => {
  const { url, edge, lookedAsked, answerLooked } = serve()
  const device = await dial(url)
  device.send({ k: 'observe', obs: 1, name: 'p.Task', selector: {} })
  await device.until('rows')
  let req = 0
  const passed = async (place: number) => {
    const body = JSON.stringify({ name: 'p.Task', selector: {}, position: at(place) })
    device.send({ k: 'ask', req: ++req, name: passedRequestName, deadlineMs: 10_000 }, body)
    return (await device.until('reply', req)).body
  }
  expect(await passed(10)).toBe('{"passed":true}')
  expect(lookedAsked).toEqual([])
  expect(await passed(12)).toBe('{"passed":false}')
  expect(lookedAsked).toEqual([{ name: 'p.Task', position: at(12) }])
  // It has found nothing since a commit that this service has not heard of yet.
  answerLooked({ looked: 'through', incarnation: 'one', version: 1, position: at(11) })
  expect(await passed(12)).toBe('{"passed":false}')
  edge.take('p.tasks', { ...progress, tables: {} })
  expect(await passed(12)).toBe('{"passed":true}')
  answerLooked({ looked: 'elsewhere' })
  expect(await passed(99)).toBe('{"passed":true}')
  device.send({ k: 'ask', req: 9, name: passedRequestName, deadlineMs: 10_000 }, '{"name":"p.Task"}')
  expect((await device.until('reply', req + 1)).head).toMatchObject({ req: 9, error: { kind: 'bad-input' } })
})

test('S3 a bug behind a snapshot is written down, and the device learns nothing of its inside', async () => {
  const { url, lines, answerWith } = serve()
  const device = await dial(url)
  answerWith(() => Promise.reject(new TypeError('secret of the house')))
  device.send({ k: 'observe', obs: 1, name: 'p.Task', selector: {} })
  const { head } = await device.until('trouble')
  expect(head.error.kind).toBe('internal')
  expect(JSON.stringify(head)).not.toContain('secret')
  expect(lines.some(({ level, words }) => level === 'error' && words === 'a snapshot failed')).toBe(true)
})

test('O5 nothing is kept of a device that has left', async () => {
  const { url, edge } = serve()
  const device = await dial(url)
  device.send({ k: 'observe', obs: 1, name: 'p.Task', selector: {} })
  await device.until('rows')
  expect(edge.observables.stats().observationCount).toBe(1)
  const left = createDeferred()
  const other = await dial(url)
  device.close()
  // The server hears of the close on its own time.
  const look = (): void => {
    if (edge.observables.stats().observationCount === 0) left.resolve()
    else setImmediate(look)
  }
  look()
  await left.promise
  expect(other.heard.map(({ head }) => head.k)).toEqual(['welcome'])
})

test('a stopped edge no longer listens to the state of logic', async () => {
  const { edge, listeners } = serve()
  expect(listeners.size).toBe(1)
  await edge.stop()
  expect(listeners.size).toBe(0)
})
