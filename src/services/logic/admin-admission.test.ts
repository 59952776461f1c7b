import { afterEach, beforeEach, expect, test } from 'bun:test'
import { Hono } from 'hono'
import { createAdminLogin, sessionCookie } from '#admin/login.ts'
import { createFakeClock, type FakeClock, systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import type { SocketEvents, SocketLike } from '#vortex/client/socket-like.ts'
import type { ConnectionState, VortexClient } from '#vortex/client/vortex-client.ts'
import { defaultLimits } from '#vortex/protocol/limits.ts'
import { createVortexServer, type VortexServer } from '#vortex/server/vortex-server.ts'
import { startVortexSite } from '../gateway/vortex-site.ts'
import { createAdminAdmission } from './admin-admission.ts'

const credentials = { user: 'root', password: 'correct horse' }
const hourMs = 3_600_000
const cleanUps: (() => unknown)[] = []
let clock: FakeClock
let login: ReturnType<typeof createAdminLogin>
let vortex: VortexServer
let url: string

beforeEach(() => {
  clock = createFakeClock(1_000_000)
  login = createAdminLogin({ ...credentials, clock })
  const admission = createAdminAdmission({ login, clock })
  vortex = createVortexServer({
    service: { name: 'logic', instance: 'i', build: 'test' },
    limits: defaultLimits,
    log: silentLog,
    clock: systemClock,
    admit: admission.admit,
    handler: {
      onAct: async ({ principal }) => ({ outcome: 'accepted', position: String(admission.use(principal)) }),
      onAsk: async () => '{}',
      onObserve: () => undefined,
      onUnobserve: () => undefined,
      onClose: () => undefined,
    },
  })
  const root = new Hono()
  vortex.mount(root)
  const site = startVortexSite({ host: '127.0.0.1', port: 0, key: 'test', site: root, vortex })
  url = `ws://127.0.0.1:${site.port}/vortex`
  cleanUps.push(() => site.stop(), vortex.close, admission.guard(vortex.sessions))
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

test('nobody is admitted without a sign-in', async () => {
  expect(await reach(open('made up'), 'refused')).toMatchObject({ error: { kind: 'forbidden' } })
})

test('signing out ends every connection of that sign-in, and no other', async () => {
  const [mine, other] = [signIn(), signIn()]
  const tabs = [open(mine), open(mine)]
  const elsewhere = open(other)
  for (const tab of [...tabs, elsewhere]) await reach(tab, 'online')
  login.signOut(mine)
  for (const tab of tabs)
    expect(await reach(tab, 'refused')).toMatchObject({
      error: { kind: 'forbidden', words: expect.stringContaining('sign in again') },
    })
  expect(elsewhere.state().state).toBe('online')
  expect([...vortex.sessions()]).toHaveLength(1)
})

test('a sign-in that ran out ends its connections; an action extends it, watching does not', async () => {
  const [working, watching] = [open(signIn()), open(signIn())]
  for (const tab of [working, watching]) await reach(tab, 'online')
  clock.advance(11 * hourMs)
  const action = { id: newUuid(), name: 'test.Do', version: 1, at: 1 }
  expect(await working.act(action, '{}')).toMatchObject({ position: 'true' })
  clock.advance(2 * hourMs)
  await reach(watching, 'refused')
  expect(working.state().state).toBe('online')
})

function signIn(): string {
  const result = login.signIn(credentials.user, credentials.password, 'here')
  if ('key' in result) return result.key
  throw new Error('the test cannot sign in')
}

function open(key: string): VortexClient {
  const client = makeVortexClient({
    url,
    hello: { role: 'device', name: 'admin', device: newUuid(), instance: newUuid(), build: 'test' },
    clock: systemClock,
    random: Math.random,
    openSocket: (address, events) => openWithCookie(address, events, key),
  })
  cleanUps.push(client.close)
  return client
}

/** A browser sends its cookies by itself; here the socket is told. */
function openWithCookie(address: string, events: SocketEvents, key: string): SocketLike {
  // Types follow the browser's constructor; Bun's takes headers too.
  const headers = { cookie: `other=1; ${sessionCookie}=${key}` }
  const socket: WebSocket = Reflect.construct(WebSocket, [address, { headers }])
  socket.binaryType = 'arraybuffer'
  socket.onopen = events.onOpen
  socket.onclose = ({ code, reason }) => events.onClose(code, reason)
  socket.onmessage = ({ data }) => events.onText(String(data))
  return { send: (text) => socket.send(text), close: (code) => socket.close(code) }
}

function reach(client: VortexClient, wanted: ConnectionState['state']): Promise<ConnectionState> {
  if (client.state().state === wanted) return Promise.resolve(client.state())
  return new Promise((resolve) => {
    const stop = client.onState((state) => {
      if (state.state !== wanted) return
      stop()
      resolve(state)
    })
  })
}
