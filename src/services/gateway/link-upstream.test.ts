import { expect, test } from 'bun:test'
import type { ConnectionState, PushedAction } from '#vortex/client/vortex-client.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import { createLinkUpstream } from './link-upstream.ts'

const ada: Principal = { user: 'ada', device: 'd', service: 'field', roles: [] }
const boss: Principal = { ...ada, user: 'boss' }
const act = {
  k: 'act',
  req: 7,
  id: 'id-1',
  name: 'p.Do',
  version: 2,
  at: 3,
  lane: 'l',
  prev: 'id-0',
  by: boss,
} as const
const offline: ConnectionState = { state: 'offline', since: 0, words: 'gone', retryAt: 1 }
const online: ConnectionState = {
  state: 'online',
  since: 0,
  welcome: {
    k: 'welcome',
    version: 1,
    session: 's',
    service: 'logic',
    instance: 'i',
    build: 'b',
    principal: ada,
    beatMs: 1,
    silenceMs: 1,
    at: 0,
  },
}

function createFakeLink(options: { state?: ConnectionState; reply?: string; isSilent?: boolean } = {}) {
  let state = options.state ?? online
  let upstream = { online: true, words: '' }
  const acts: { action: PushedAction; body: string; retry: boolean | undefined }[] = []
  const asks: string[] = []
  const listeners = new Set<() => void>()
  const listen = (listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const notify = () => {
    for (const listener of listeners) listener()
  }
  return {
    acts,
    asks,
    listeners,
    setState: (next: ConnectionState) => {
      state = next
      notify()
    },
    setUpstream: (next: typeof upstream) => {
      upstream = next
      notify()
    },
    upstream: createLinkUpstream({
      state: () => state,
      upstream: () => upstream,
      onState: (listener) => listen(() => listener(state)),
      onUpstream: (listener) => listen(() => listener(upstream)),
      act: async (action, body, how) => {
        acts.push({ action, body, retry: how?.retry })
        if (options.isSilent) return new Promise(() => undefined)
        return { outcome: 'accepted', position: '1' }
      },
      ask: async (name, body) => {
        asks.push(`${name} ${body}`)
        return options.reply ?? '{}'
      },
    }),
  }
}

test('S4 whoever the frame claims to speak for, the session speaks', async () => {
  const { upstream, acts } = createFakeLink()
  await upstream.act(act, '{"n":1}', ada)
  const { k: _k, req: _req, ...rest } = act
  expect(acts).toEqual([{ action: { ...rest, by: ada }, body: '{"n":1}', retry: false }])
})

test('V7 without logic an action is not final: the device sends it again', async () => {
  const { upstream, acts } = createFakeLink({ state: offline })
  expect(await upstream.act(act, '{}', ada)).toMatchObject({ outcome: 'failed', kind: 'unavailable' })
  expect(upstream.snapshot('p.Task', {}, ada)).rejects.toMatchObject({ kind: 'unavailable' })
  expect(acts).toEqual([])
})

test('S1 it is online when the link is and logic does not say otherwise', () => {
  const { upstream, setState, setUpstream, listeners } = createFakeLink()
  const heard: boolean[] = []
  const stop = upstream.onState(({ online: isOnline }) => heard.push(isOnline))
  setUpstream({ online: false, words: 'another logic leads' })
  expect(upstream.state()).toEqual({ online: false, words: 'another logic leads' })
  setUpstream({ online: true, words: '' })
  setState(offline)
  expect(heard.slice(-1)).toEqual([false])
  expect(new Set(heard)).toEqual(new Set([true, false]))
  stop()
  expect(listeners.size).toBe(0)
})

test('S3 an answer this build does not know says to upgrade', async () => {
  for (const reply of ['not json', '{}', '{"meta":{},"rows":[]}'])
    expect(createFakeLink({ reply }).upstream.snapshot('p.Task', {}, ada)).rejects.toThrow('upgrade both')
})

test('V2 a snapshot is asked for in the name of who watches', async () => {
  const meta = {
    feed: 'p.tasks',
    table: 'rows',
    incarnation: 'one',
    version: 1,
    position: '1',
    fields: ['id'],
    keyedBy: ['id'],
    orderBy: [],
    selectorFields: [],
    access: 'everyone',
  }
  const { upstream, asks } = createFakeLink({ reply: JSON.stringify({ meta, rows: [{ id: 'k1' }] }) })
  const snapshot = await upstream.snapshot('p.Task', { team: 'red' }, ada)
  expect(snapshot.rows).toEqual([{ id: 'k1' }])
  expect(asks).toEqual([`peek.snapshot ${JSON.stringify({ name: 'p.Task', selector: { team: 'red' }, by: ada })}`])
})

test('V2 what became of actions is asked for in the name of who asks, and the answer passes unread', async () => {
  const { upstream, asks } = createFakeLink({ reply: '{"effects":"later"}' })
  const known = [{ actionId: 'a1', projection: 'p.tasks', position: '1' }]
  expect(await upstream.effects(known, ada)).toBe('{"effects":"later"}')
  expect(asks).toEqual([`peek.effects ${JSON.stringify({ known, by: ada })}`])
  expect(createFakeLink({ state: offline }).upstream.effects(known, ada)).rejects.toMatchObject({ kind: 'unavailable' })
})

test('S2 a service that stops does not wait for a logic that is gone: the device is told to send again', async () => {
  const { upstream, setState } = createFakeLink({ isSilent: true })
  const answer = upstream.act(act, '{}', ada)
  upstream.hurry()
  setState(offline)
  expect(await answer).toMatchObject({ outcome: 'failed', kind: 'unavailable' })
})
