import { expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { SelectorPatch } from '#vortex/protocol/row.ts'
import { digestRows, hashOfRows } from '#vortex/protocol/rows-digest.ts'
import { createEdgeWorld, snapshotAt } from './testing/edge-world.ts'
import { at, commitOf } from './testing/model-projection.ts'

const row = (id: string, team: string, n = 0) => ({ id, team, n })
const set = (id: string, team: string, n = 0, before?: string) => ({
  k: id,
  a: row(id, team, n),
  ...(before !== undefined && { b: { team: before } }),
})

test('O1 a watcher gets the rows of a named position, then patches from there', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, [row('k1', 'red')]))
  expect(device.frames[0]?.head).toMatchObject({ k: 'rows', position: at(10), token: `one/1/${at(10)}` })
  world.edge.take('p.tasks', commitOf(10, 11, [set('k2', 'red', 5)]))
  await world.calm()
  expect(device.shown.get(1)?.token).toBe(`one/1/${at(11)}`)
  expect([...(device.shown.get(1)?.rows?.keys() ?? [])]).toEqual(['k1', 'k2'])
})

test('O1 commits that arrive while the snapshot is on its way are part of the first rows, without a second look', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  world.edge.take('p.tasks', commitOf(9, 10, [set('k1', 'red')]))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k2', 'red')]))
  world.edge.take('p.tasks', commitOf(11, 12, [{ k: 'k1', b: { team: 'red' } }]))
  await world.answer(snapshotAt(10, [row('k1', 'red')]))
  expect(device.frames[0]?.head).toMatchObject({ k: 'rows', position: at(12) })
  expect([...(device.shown.get(1)?.rows?.keys() ?? [])]).toEqual(['k2'])
  expect(world.asked).toHaveLength(0)
})

test('O1 nothing is shown of a commit before all its parts are there', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, []))
  world.edge.take('p.tasks', { ...commitOf(10, 11, [set('k1', 'red')]), parts: 2 })
  await world.calm()
  expect(device.frames).toHaveLength(1)
  world.edge.take('p.tasks', { ...commitOf(10, 11, [set('k2', 'red')]), part: 1, parts: 2 })
  await world.calm()
  expect(device.shown.get(1)?.rows?.size).toBe(2)
  expect(device.frames).toHaveLength(2)
})

test('O1 after a gap nothing more is applied to what was shown, until it was looked at again', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, [row('k1', 'red')]))
  world.edge.take('p.tasks', commitOf(10, 11, []))
  world.edge.take('p.tasks', commitOf(12, 13, [set('k3', 'red')]))
  world.edge.take('p.tasks', commitOf(13, 14, [set('k4', 'red')]))
  await world.calm()
  expect(device.frames).toHaveLength(1)
  await world.answer(snapshotAt(14, [row('k2', 'red'), row('k3', 'red'), row('k4', 'red')]))
  expect([...(device.shown.get(1)?.rows?.keys() ?? [])].sort()).toEqual(['k2', 'k3', 'k4'])
  expect(device.frames.at(-1)?.head).toEqual({ k: 'patch' })
})

test('O1 what was changed before a gap still goes out at its own position', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, []))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k1', 'red')]))
  world.edge.take('p.tasks', commitOf(15, 16, []))
  expect(device.shown.get(1)?.token).toBe(`one/1/${at(11)}`)
})

test('O1 a device that comes from a server further ahead waits for a fresh look instead of going back', async () => {
  const world = createEdgeWorld()
  const [first, second] = [world.device('a'), world.device('b')]
  world.observe(first, 1, 'p.Task')
  await world.answer(snapshotAt(10, []))
  world.observe(second, 1, 'p.Task', {}, `one/1/${at(12)}`)
  const seen = must(second.shown.get(1), 'it observes')
  seen.rows = new Map([['k1', row('k1', 'red')]])
  expect(second.frames).toHaveLength(0)
  await world.answer(snapshotAt(12, [row('k1', 'red')]))
  expect(second.frames[0]?.head).toMatchObject({ k: 'resumed' })
  expect(first.shown.get(1)?.token).toBe(`one/1/${at(12)}`)
})

test('O2 a token ahead of every truth gets the rows after one fresh look', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(world.device('b'), 1, 'p.Task')
  await world.answer(snapshotAt(10, []))
  world.observe(device, 1, 'p.Task', {}, `one/1/${at(99)}`)
  await world.answer(snapshotAt(10, []))
  expect(device.frames[0]?.head).toMatchObject({ k: 'rows', position: at(10) })
  expect(world.asked).toHaveLength(0)
})

test('O2 a resync mark leads to a fresh look, shown as the difference', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, [row('k1', 'red'), row('k2', 'red')]))
  world.edge.take('p.tasks', { kind: 'resync', incarnation: 'two', version: 1, from: at(10), to: at(10) })
  await world.answer(snapshotAt(10, [row('k2', 'red')], { incarnation: 'two' }))
  const patches = JSON.parse(device.frames.at(-1)?.body ?? '[]') as SelectorPatch[]
  expect(patches).toEqual([{ sel: 1, token: `two/1/${at(10)}`, position: at(10), set: [], del: ['k1'], acts: [] }])
})

test('O2 a restored backup is shown as whole rows: it is older than what was shown', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, [row('k1', 'red'), row('k2', 'red')]))
  world.edge.take('p.tasks', { kind: 'resync', incarnation: 'two', version: 1, from: at(7), to: at(7) })
  await world.answer(snapshotAt(7, [row('k1', 'red')], { incarnation: 'two' }))
  expect(device.frames.at(-1)?.head).toMatchObject({ k: 'rows', position: at(7), token: `two/1/${at(7)}` })
})

test('O2 a snapshot of another life is asked for again until the mark has come', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.edge.take('p.tasks', commitOf(9, 10, []))
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, [], { incarnation: 'two' }))
  await world.answer(snapshotAt(10, [], { incarnation: 'two' }))
  expect(world.asked).toHaveLength(0)
  world.edge.take('p.tasks', { kind: 'resync', incarnation: 'two', version: 1, from: at(10), to: at(10) })
  await world.answer(snapshotAt(10, [], { incarnation: 'two' }))
  expect(device.frames[0]?.head).toMatchObject({ k: 'rows', token: `two/1/${at(10)}` })
})

test('O2 a snapshot asked for before something was missed is not good enough', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  world.edge.resyncAll('something was missed')
  await world.answer(snapshotAt(10, []))
  expect(device.frames).toHaveLength(0)
  await world.answer(snapshotAt(11, [row('k1', 'red')]))
  expect(device.shown.get(1)?.rows?.size).toBe(1)
})

test('O2 the first announcement ever heard tells whether something was missed before it', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, []))
  world.edge.take('p.tasks', commitOf(11, 12, []))
  await world.answer(snapshotAt(12, [row('k1', 'red')]))
  expect(device.shown.get(1)?.rows?.size).toBe(1)
})

test('O2 a look that fails is tried again, with the reason told to those who watch and those who come', async () => {
  const world = createEdgeWorld()
  const [first, second] = [world.device('a'), world.device('b')]
  world.observe(first, 1, 'p.Task')
  await world.fail(new Error('no connection'))
  world.observe(second, 1, 'p.Task')
  for (const device of [first, second])
    expect(device.frames[0]?.head).toEqual({ k: 'trouble', obs: 1, error: { kind: 'unavailable', words: 'not now' } })
  world.edge.retryWaiting()
  await world.answer(snapshotAt(10, []))
  expect([first, second].map((device) => device.frames.at(-1)?.head.k)).toEqual(['rows', 'rows'])
})

test('O3 a watcher of another selector hears nothing', async () => {
  const world = createEdgeWorld()
  const [red, blue] = [world.device('a'), world.device('b')]
  world.observe(red, 1, 'p.Task', { team: 'red' })
  world.observe(blue, 1, 'p.Task', { team: 'blue' })
  await world.answer(snapshotAt(10, []))
  await world.answer(snapshotAt(10, []))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k1', 'red')]))
  await world.calm()
  expect(red.frames).toHaveLength(2)
  expect(blue.frames).toHaveLength(1)
})

test('O3 a row that moves from one selector to another leaves the one and enters the other', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task', { team: 'red' })
  world.observe(device, 2, 'p.Task', { team: 'blue' })
  await world.answer(snapshotAt(10, [row('k1', 'red')]))
  await world.answer(snapshotAt(10, []))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k1', 'blue', 0, 'red')]))
  await world.calm()
  expect([1, 2].map((obs) => device.shown.get(obs)?.rows?.size)).toEqual([0, 1])
})

test('O3 five thousand watchers of one selector cost one frame a commit', async () => {
  const world = createEdgeWorld()
  const devices = Array.from({ length: 5_000 }, (_, index) => world.device(`d${index}`))
  for (const device of devices) world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, []))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k1', 'red')]))
  await world.calm()
  expect(world.published).toHaveLength(1)
  expect(devices.every((device) => device.shown.get(1)?.rows?.size === 1)).toBe(true)
  for (const device of devices) world.edge.leave(device.watcher())
  expect(world.edge.stats()).toMatchObject({ observationCount: 0, groupCount: 0, selectorCount: 1 })
})

test('O3 five hundred watchers of the same fifty selectors are one group', async () => {
  const world = createEdgeWorld({ loadCountMax: 100 })
  const devices = Array.from({ length: 500 }, (_, index) => world.device(`d${index}`))
  for (const device of devices)
    for (let obs = 0; obs < 50; obs++) world.observe(device, obs, 'p.Task', { team: `t${obs}` })
  while (world.asked.length > 0) await world.answer(snapshotAt(10, []))
  const changes = Array.from({ length: 50 }, (_, index) => set(`k${index}`, `t${index}`))
  world.edge.take('p.tasks', commitOf(10, 11, changes))
  await world.calm()
  expect(world.edge.stats().groupCount).toBe(1)
  expect(world.published).toHaveLength(1)
  expect(world.published[0]?.topic.length).toBeLessThan(20)
})

test('V8 one commit is one frame for a watcher of several selectors', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task', { team: 'red' })
  world.observe(device, 2, 'p.Task', { team: 'blue' })
  world.observe(device, 3, 'p.Task')
  for (let i = 0; i < 3; i++) await world.answer(snapshotAt(10, []))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k1', 'red'), set('k2', 'blue')]))
  await world.calm()
  expect(device.frames.filter(({ head }) => head.k === 'patch')).toHaveLength(1)
  expect([1, 2, 3].map((obs) => device.shown.get(obs)?.token)).toEqual(Array(3).fill(`one/1/${at(11)}`))
})

test('V8 the first change after a quiet time goes at once, a burst after it in one frame', async () => {
  const world = createEdgeWorld({ flushMs: 10 })
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, []))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k1', 'red')]))
  await world.calm()
  expect(device.frames).toHaveLength(2)
  for (let n = 11; n < 20; n++) world.edge.take('p.tasks', commitOf(n, n + 1, [set('k1', 'red', n, 'red')]))
  await world.calm()
  expect(device.frames).toHaveLength(2)
  world.clock.advance(10)
  expect(device.frames).toHaveLength(3)
  expect(device.shown.get(1)?.token).toBe(`one/1/${at(20)}`)
})

test('S4 an observable for administrators is refused to others who come later', async () => {
  const world = createEdgeWorld()
  const [admin, guest] = [world.device('a', ['admin']), world.device('b')]
  world.observe(admin, 1, 'p.Task')
  await world.answer(snapshotAt(10, [], { access: 'admin' }))
  world.observe(guest, 1, 'p.Task')
  expect(guest.frames.map(({ head }) => head)).toEqual([
    {
      k: 'trouble',
      obs: 1,
      final: true,
      error: { kind: 'forbidden', words: expect.stringContaining('administrators') },
    },
  ])
})

test('S4 an observable of own devices is shown to the device that is picked by, and to administrators', async () => {
  const world = createEdgeWorld()
  const [own, other, admin] = [world.device('a'), world.device('b'), world.device('c', ['admin'])]
  const picked = { device: 'a' }
  world.observe(own, 1, 'p.Task', picked)
  await world.answer(snapshotAt(10, [], { access: 'own-device', selectorFields: ['device'] }))
  world.observe(other, 1, 'p.Task', picked)
  world.observe(admin, 1, 'p.Task', picked)
  expect([own, admin].map(({ frames }) => frames.map(({ head }) => head.k))).toEqual([['rows'], ['rows']])
  expect(other.frames.map(({ head }) => head)).toEqual([
    { k: 'trouble', obs: 1, final: true, error: { kind: 'forbidden', words: expect.stringContaining('its own only') } },
  ])
})

test('S4 a refusal of one person is not a refusal of another', async () => {
  const world = createEdgeWorld()
  const [guest, admin] = [world.device('b'), world.device('a', ['admin'])]
  world.observe(guest, 1, 'p.Task')
  world.observe(admin, 1, 'p.Task')
  await world.fail(new PlatformError('forbidden', 'not for you'))
  expect(guest.frames[0]?.head).toMatchObject({ k: 'trouble', final: true })
  await world.answer(snapshotAt(10, [], { access: 'admin' }))
  expect(admin.frames[0]?.head).toMatchObject({ k: 'rows' })
})

test('O5 what does not exist is refused to all who ask, with one look, and leaves nothing behind', async () => {
  const world = createEdgeWorld()
  const devices = ['a', 'b', 'c'].map((name) => world.device(name))
  for (const device of devices) world.observe(device, 1, 'p.Nothing')
  await world.fail(new PlatformError('not-found', 'no such thing'))
  for (const device of devices) expect(device.frames[0]?.head).toMatchObject({ k: 'trouble', final: true })
  expect(world.asked).toHaveLength(0)
  expect(world.edge.stats()).toEqual({ selectorCount: 0, observationCount: 0, rowCount: 0, groupCount: 0 })
})

test('O5 a selector that outgrows its bound is told to be too large', async () => {
  const world = createEdgeWorld({ selectorRowsMax: 2 })
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, [row('k1', 'red'), row('k2', 'red')]))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k3', 'red')]))
  await world.calm()
  expect(device.frames.at(-1)?.head).toEqual({
    k: 'trouble',
    obs: 1,
    final: true,
    error: { kind: 'too-large', words: 'p.Task has more than 2 rows: watch it with a selector.' },
  })
  expect(world.edge.stats()).toEqual({ selectorCount: 0, observationCount: 0, rowCount: 0, groupCount: 0 })
})

test('O5 idle selectors make room, the oldest first; when nothing is idle the newcomer waits', async () => {
  const world = createEdgeWorld({ totalRowsMax: 3 })
  const device = world.device('a')
  for (const [obs, team] of [
    [1, 'red'],
    [2, 'blue'],
  ] as const) {
    world.observe(device, obs, 'p.Task', { team })
    await world.answer(snapshotAt(10, [row(`${team}1`, team)]))
  }
  world.edge.unobserve(device.watcher(), 1)
  device.unobserve(1)
  world.observe(device, 3, 'p.Task', { team: 'green' })
  await world.answer(snapshotAt(10, [row('g1', 'green'), row('g2', 'green')]))
  expect(world.edge.stats()).toMatchObject({ selectorCount: 2, rowCount: 3 })
  world.observe(device, 4, 'p.Task', { team: 'black' })
  await world.answer(snapshotAt(10, [row('b1', 'black')]))
  expect(device.frames.at(-1)?.head).toMatchObject({ k: 'trouble', obs: 4, error: { kind: 'too-many' } })
  expect(world.edge.stats().rowCount).toBe(3)
})

test('O5 a selector that grows when nothing more fits in is let go of, and shown again when there is room', async () => {
  const world = createEdgeWorld({ totalRowsMax: 2 })
  const device = world.device('a')
  world.observe(device, 1, 'p.Task', { team: 'red' })
  await world.answer(snapshotAt(10, [row('k1', 'red'), row('k2', 'red')]))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k3', 'red')]))
  await world.calm()
  expect(device.frames.at(-1)?.head).toMatchObject({ k: 'trouble', obs: 1, error: { kind: 'too-many' } })
  expect(world.edge.stats().rowCount).toBe(0)
  world.edge.retryWaiting()
  await world.answer(snapshotAt(12, [row('k1', 'red')], {}))
  expect(world.edge.stats().rowCount).toBe(1)
  expect(device.frames.at(-1)?.head).toMatchObject({ k: 'rows', position: at(12) })
})

test('O5 only the latest idle selectors are kept, and only for a while', async () => {
  const world = createEdgeWorld({ idleCountMax: 2, lingerMs: 1_000 })
  const device = world.device('a')
  for (const [obs, team] of ['red', 'blue', 'green'].entries()) {
    world.observe(device, obs, 'p.Task', { team })
    await world.answer(snapshotAt(10, [row(`${team}1`, team)]))
  }
  world.edge.leave(device.watcher())
  expect(world.edge.stats()).toMatchObject({ selectorCount: 2, observationCount: 0 })
  world.clock.advance(1_000)
  expect(world.edge.stats()).toMatchObject({ selectorCount: 0, rowCount: 0 })
})

test('O5 idle selectors keep so many rows together, and no more', async () => {
  const world = createEdgeWorld({ idleRowsMax: 3 })
  const device = world.device('a')
  for (const [obs, team] of ['red', 'blue'].entries()) {
    world.observe(device, obs, 'p.Task', { team })
    await world.answer(snapshotAt(10, [row(`${team}1`, team), row(`${team}2`, team)]))
  }
  world.edge.leave(device.watcher())
  expect(world.edge.stats()).toMatchObject({ selectorCount: 1, rowCount: 2 })
})

test('O3 whoever comes back after a night is told what changed meanwhile, without a query', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task', { team: 'red' })
  await world.answer(snapshotAt(10, [row('k1', 'red')]))
  world.edge.leave(device.watcher())
  world.clock.advance(12 * 60 * 60_000)
  world.edge.take('p.tasks', commitOf(10, 11, [set('k2', 'red')]))
  await world.calm()
  for (const observe of device.connect()) world.edge.observe(device.watcher(), observe)
  expect(world.asked).toHaveLength(0)
  expect(device.frames.map(({ head }) => head.k)).toEqual(['rows', 'resumed', 'patch'])
})

test('O5 so many snapshots are under way at once, and no more', async () => {
  const world = createEdgeWorld({ loadCountMax: 2 })
  const device = world.device('a')
  for (let obs = 0; obs < 5; obs++) world.observe(device, obs, 'p.Task', { team: `t${obs}` })
  expect(world.asked).toHaveLength(2)
  await world.answer(snapshotAt(10, []))
  expect(world.asked).toHaveLength(2)
  await world.fail(new Error('no connection'))
  expect(world.asked.map(({ selector }) => selector.team)).toEqual(['t2', 't3'])
})

test('a stopped edge asks for nothing, sends nothing and keeps nothing of those who leave after it', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, []))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k1', 'red')]))
  world.edge.stop()
  await world.calm()
  world.edge.take('p.tasks', commitOf(11, 12, [set('k2', 'red')]))
  world.observe(device, 2, 'p.Task', { team: 'red' })
  world.edge.leave(device.watcher())
  await world.calm()
  world.clock.advance(100_000)
  expect(device.frames).toHaveLength(1)
  expect(world.asked).toHaveLength(0)
  expect(world.edge.stats()).toEqual({ selectorCount: 0, observationCount: 0, rowCount: 0, groupCount: 0 })
})

test('O2 rows a device keeps are not sent again while they are still right, and what comes next follows', async () => {
  const world = createEdgeWorld()
  const [first, second] = [world.device('a'), world.device('b')]
  world.observe(first, 1, 'p.Task')
  await world.answer(snapshotAt(10, [row('k1', 'red'), row('k2', 'red')]))
  const hash = hashOfRows({
    digest: digestRows([row('k2', 'red'), row('k1', 'red')]),
    count: 2,
    keyedBy: ['id'],
    orderBy: ['n'],
  })
  world.edge.observe(second.watcher(), { ...second.observe(7, 'p.Task', {}, `one/1/${at(3)}`), hash })
  expect(second.frames).toEqual([
    { head: { k: 'resumed', obs: 7, sel: 1, token: `one/1/${at(10)}`, position: at(10) }, body: undefined },
  ])
  must(second.shown.get(7), 'it is observed').rows = new Map()
  world.edge.take('p.tasks', commitOf(10, 11, [set('k3', 'red')]))
  await world.calm()
  expect([...(second.shown.get(7)?.rows?.keys() ?? [])]).toEqual(['k3'])
})

test('O2 a check tells of all that was sent before it, what waited to be sent included', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  const check = () => world.edge.check(device.watcher(), { k: 'check', obs: 1, position: at(10) })
  world.observe(device, 1, 'p.Task')
  check()
  expect(device.frames).toEqual([])
  await world.answer(snapshotAt(10, [row('k1', 'red')]))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k2', 'red', 5)]))
  await world.calm()
  world.edge.take('p.tasks', commitOf(11, 12, [set('k3', 'red', 6), { k: 'k1', b: { team: 'red' } }]))
  check()
  const rows = [row('k2', 'red', 5), row('k3', 'red', 6)]
  const hash = hashOfRows({ digest: digestRows(rows), count: 2, keyedBy: ['id'], orderBy: ['n'] })
  expect(device.frames.slice(-2).map(({ head }) => head)).toEqual([
    { k: 'patch' },
    { k: 'checked', obs: 1, position: at(12), hash, count: 2 },
  ])
})

test('O1 a watched selector has reached a position when all that is sent stands there: what is unsent goes out first', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  const reached = (place: number, life?: { incarnation: string; version: number }) =>
    world.edge.hasReached('p.Task', {}, { position: at(place), ...life })
  expect(reached(1)).toBe(false)
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, []))
  expect([reached(10), reached(11)]).toEqual([true, false])
  world.edge.take('p.tasks', commitOf(10, 11, []))
  expect(device.frames).toHaveLength(1)
  expect(reached(11)).toBe(true)
  expect(reached(11, { incarnation: 'one', version: 1 })).toBe(true)
  expect(reached(11, { incarnation: 'two', version: 1 })).toBe(false)
  world.edge.take('p.tasks', commitOf(11, 12, [set('k1', 'red')]))
  expect(reached(12)).toBe(true)
  expect(device.shown.get(1)?.token).toBe(`one/1/${at(12)}`)
})
