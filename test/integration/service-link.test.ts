import { afterEach, expect, test } from 'bun:test'
import { Hono } from 'hono'
import { systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { toPosition } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import { createDeviceEdge } from '#services/gateway/device-edge.ts'
import { createLinkUpstream } from '#services/gateway/link-upstream.ts'
import { startVortexSite } from '#services/gateway/vortex-site.ts'
import { createLinkedKeys } from '#services/logic/linked-keys.ts'
import { createLogicRpc } from '#services/logic/logic-rpc.ts'
import { createServiceLink } from '#services/logic/service-link.ts'
import { createStatusBoard } from '#services/logic/status-board.ts'
import { makeServiceClient } from '#services/make-service-client.ts'
import type { ServiceIdentity } from '#services/service-identity.ts'
import type { Site } from '#services/start-site.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import type { ConnectionState, VortexClient } from '#vortex/client/vortex-client.ts'
import { effectsRequestName, parseEffectsReply } from '#vortex/protocol/action-effect.ts'
import { defaultLimits } from '#vortex/protocol/limits.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { type Snapshot, snapshotRowsMax } from '#vortex/protocol/snapshot.ts'
import type { VortexServer } from '#vortex/server/vortex-server.ts'

/** Logic's end of the service link, a gateway's end, and a device behind it, over real sockets. */

const secret = 'the-secret-of-this-test'
const surroundings = { clock: systemClock, random: systemRandom, log: silentLog }
const by = { user: 'ada', device: 'd', service: 'field', roles: [] }
const cleanUps: (() => unknown)[] = []
/** On whose behalf logic was asked, in order. */
const askers: Principal[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

test('the largest snapshot reaches a gateway and its device whole', async () => {
  const rows = Array.from({ length: snapshotRowsMax }, (_, index) => toRow(index))
  const { link, device } = await connect({ rows })
  const upstream = createLinkUpstream(link)
  const snapshot = await upstream.snapshot('test.Notes', {}, by)
  expect(JSON.stringify(snapshot.rows).length).toBeGreaterThan(5_000_000)
  expect(snapshot.rows).toEqual(rows)

  const shown = createDeferred<readonly Row[]>()
  device.observe(
    'test.Notes',
    {},
    {
      rows: (state) => shown.resolve(state.rows),
      patch: () => undefined,
      resumed: () => undefined,
      trouble: (error) => shown.reject(new Error(error.words)),
    },
  )
  expect(await shown.promise).toEqual(rows)
})

test('what a crowd of devices asks at once is answered over one link', async () => {
  const { link } = await connect({ rows: [toRow(1)] })
  const upstream = createLinkUpstream(link)
  const answers = await Promise.all(
    Array.from({ length: 5_000 }, (_, index) => upstream.snapshot('test.Notes', { id: String(index) }, by)),
  )
  expect(answers.every(({ rows }) => rows.length === 1)).toBe(true)
})

test('S4 a linked service speaks for people on its own devices, and for no administrator', async () => {
  const { link } = await connect({ rows: [] })
  askers.length = 0
  await createLinkUpstream(link).snapshot('test.Notes', {}, { ...by, service: 'logic', roles: ['crew', 'admin'] })
  await createLinkUpstream(link).effects([], { ...by, service: 'logic', roles: ['crew', 'admin'] })
  const vouched = { ...by, service: 'field', roles: ['crew'] }
  expect(askers).toEqual([vouched, vouched])
})

test('S4 an agent speaks for itself alone, whoever it says it speaks for', async () => {
  const { link } = await connect({ rows: [], name: 'agent' })
  askers.length = 0
  await createLinkUpstream(link).effects([], { ...by, roles: ['crew', 'admin'] })
  expect(askers).toMatchObject([{ user: 'agent:here', service: 'agent', roles: [] }])
  expect(askers[0]?.device).not.toBe(by.device)
})

test('seam 8 a device learns over the link what became of its actions', async () => {
  const { device } = await connect({ rows: [] })
  const known = [{ actionId: 'a1', projection: 'test.notes', position: '1' }]
  expect(parseEffectsReply(await device.ask(effectsRequestName, JSON.stringify({ known }), 5_000))).toEqual([])
  expect(device.ask(effectsRequestName, '{}', 5_000)).rejects.toMatchObject({ error: { kind: 'bad-input' } })
})

test('an action as large as a device may send passes the link', async () => {
  const { link } = await connect({ rows: [] })
  const action = { id: newUuid(), name: 'test.Do', version: 1, at: 1 }
  const body = JSON.stringify({ text: 'ä'.repeat(2_000_000) })
  const answer = await createLinkUpstream(link).act({ ...action, k: 'act', req: 1 }, body, by)
  // This logic does not lead: it took the frame, and says so.
  expect(answer).toMatchObject({ outcome: 'failed', kind: 'unavailable' })
})

/** Texts that hardly compress, as descriptions and numbers of real rows do not. */
function toRow(index: number): Row {
  return { id: newUuid(), index, text: Array.from({ length: 6 }, newUuid).join(' ') }
}

async function connect({
  rows,
  name = 'field',
}: {
  rows: readonly Row[]
  name?: string
}): Promise<{ link: VortexClient; device: VortexClient }> {
  const meta: Snapshot['meta'] = {
    feed: 'test.notes',
    table: 'notes',
    incarnation: 'i',
    version: 1,
    position: toPosition(1n, 1n),
    fields: ['id', 'index', 'text'],
    keyedBy: ['id'],
    orderBy: ['index'],
    selectorFields: ['id'],
    access: 'everyone',
  }
  const board = createStatusBoard({ clock: systemClock, onChange: () => undefined })
  const logic = createServiceLink({
    ...surroundings,
    service: { name: 'logic', instance: 'l', build: 'test' },
    secret,
    limits: defaultLimits,
    core: {
      engine: () => undefined,
      snapshots: () => ({
        snapshot: async (_name, _selector, asker) => {
          askers.push(asker)
          return { meta, rows }
        },
      }),
      effects: () => ({
        effectsOf: async (asker) => {
          askers.push(asker)
          return []
        },
      }),
      looked: () => async () => ({ looked: 'not-yet' }),
      state: () => ({ online: true, words: '' }),
      onState: () => () => undefined,
    },
    board,
    rpc: createLogicRpc({ identity: toIdentity('logic'), clock: systemClock, log: surroundings.log }),
    plugins: { answer: async () => '{}' },
    keys: createLinkedKeys(() => undefined),
  })
  const linkSite = serve(logic)
  const link = makeServiceClient({
    ...surroundings,
    address: { host: '127.0.0.1', port: linkSite.port, secret },
    identity: toIdentity(name),
  })
  cleanUps.push(
    () => link.close(),
    () => board.stop(),
  )
  await reach(link, 'online')

  const edge = createDeviceEdge({
    ...surroundings,
    service: { name: 'field', instance: 'f', build: 'test' },
    limits: defaultLimits,
    upstream: { ...createLinkUpstream(link), call: () => Promise.reject(new Error('no calls here')) },
    admit: async (hello) => ({ principal: { ...by, device: hello.device } }),
  })
  cleanUps.push(() => edge.stop())
  const fieldSite = serve(edge.vortex)
  const device = makeVortexClient({
    ...surroundings,
    url: `ws://127.0.0.1:${fieldSite.port}/vortex`,
    hello: { role: 'device', name: 'field', device: newUuid(), instance: newUuid(), build: 'test' },
  })
  cleanUps.push(() => device.close())
  await reach(device, 'online')
  return { link, device }
}

function serve(vortex: VortexServer): Site {
  const root = new Hono()
  vortex.mount(root)
  const site = startVortexSite({ host: '127.0.0.1', port: 0, key: 'test', site: root, vortex })
  cleanUps.push(
    () => vortex.close(),
    () => site.stop(),
  )
  return site
}

async function reach(client: VortexClient, wanted: ConnectionState['state']): Promise<void> {
  if (client.state().state === wanted) return
  const reached = createDeferred<void>()
  const stop = client.onState(({ state }) => state === wanted && reached.resolve())
  await reached.promise
  stop()
}

function toIdentity(name: string): ServiceIdentity {
  const ids = { id: newUuid(), device: newUuid() }
  return { ...ids, name, instanceName: 'here', zone: 'main', build: 'test', host: 'here', pid: 1, startedAt: 0 }
}
