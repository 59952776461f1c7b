import { expect, test } from 'bun:test'
import type { ChangeEvent } from '#event-store/change-event.ts'
import { must } from '#kernel/assert.ts'
import { createEdgeWorld, type EdgeWorld, life, snapshotAt } from './testing/edge-world.ts'
import type { FakeDevice } from './testing/fake-device.ts'
import { at, commitOf } from './testing/model-projection.ts'

/** Other tables took the place of the live ones: what watchers of before, of meanwhile and of after see of it. */

const row = (id: string, team: string, n = 0) => ({ id, team, n })
const set = (id: string, team: string, n = 0, before?: string) => ({
  k: id,
  a: row(id, team, n),
  ...(before !== undefined && { b: { team: before } }),
})
const next = { incarnation: 'two', version: 2 }
const swapOf = (from: number, to: number, rows: Parameters<typeof commitOf>[2], part = 0, parts = 1): ChangeEvent => ({
  ...commitOf(from, to, rows, next),
  follows: life,
  part,
  parts,
})
const inNext = (from: number, to: number, rows: Parameters<typeof commitOf>[2]) => commitOf(from, to, rows, next)
const watched = async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, [row('k1', 'red'), row('k2', 'red')]))
  world.edge.take('p.tasks', commitOf(10, 11, []))
  return { world, device }
}
/** A device that shows something already. */
const comeBack = (world: EdgeWorld, device: FakeDevice, token: string): void => {
  const observe = device.observe(1, 'p.Task', {}, token)
  must(device.shown.get(1), 'it observes').rows = new Map([['k1', row('k1', 'red')]])
  world.edge.observe(device.watcher(), observe)
}
const shownBy = (device: FakeDevice) =>
  [...(must(device.shown.get(1), 'it watches').rows?.values() ?? [])].map(({ id, team, n }) => `${id} ${team} ${n}`)

test('O2 a watcher gets the rows that differ as a patch, and goes on in the next life without a look', async () => {
  const { world, device } = await watched()
  world.edge.take('p.tasks', swapOf(11, 12, [set('k1', 'blue', 7, 'red')]))
  await world.calm()
  expect(device.frames.map(({ head }) => head.k)).toEqual(['rows', 'patch'])
  expect(device.shown.get(1)?.token).toBe(`two/2/${at(12)}`)
  world.edge.take('p.tasks', inNext(12, 13, [set('k2', 'red', 5, 'red')]))
  world.clock.advance(20)
  await world.calm()
  expect(shownBy(device)).toEqual(['k1 blue 7', 'k2 red 5'])
  expect(world.asked).toHaveLength(0)
})

test('O3 a swap in which nothing differs sends nothing, and later commits arrive', async () => {
  const { world, device } = await watched()
  world.edge.take('p.tasks', swapOf(11, 11, []))
  world.clock.advance(20)
  await world.calm()
  expect(device.frames).toHaveLength(1)
  world.edge.take('p.tasks', inNext(11, 12, [set('k3', 'red')]))
  await world.calm()
  expect([device.frames.length, shownBy(device).length, world.asked.length]).toEqual([2, 3, 0])
})

test('O1 a swap in parts is shown when all of them are there', async () => {
  const { world, device } = await watched()
  world.edge.take('p.tasks', swapOf(11, 12, [set('k1', 'red', 1, 'red')], 0, 2))
  await world.calm()
  expect(device.frames).toHaveLength(1)
  world.edge.take('p.tasks', swapOf(11, 12, [set('k2', 'red', 1, 'red')], 1, 2))
  await world.calm()
  expect([device.frames.length, shownBy(device)]).toEqual([2, ['k1 red 1', 'k2 red 1']])
})

test('O2 who comes back with a token of the life before gets the patches since, also over several lives', async () => {
  const { world } = await watched()
  world.edge.take('p.tasks', commitOf(11, 12, [set('k2', 'red', 3, 'red')]))
  await world.calm()
  world.edge.take('p.tasks', swapOf(12, 12, [set('k1', 'blue', 7, 'red')]))
  world.clock.advance(20)
  await world.calm()
  const third = { ...commitOf(12, 12, [set('k4', 'red')], { incarnation: 'three', version: 2 }), follows: next }
  world.edge.take('p.tasks', third)
  world.clock.advance(20)
  await world.calm()
  for (const [token, patches] of [
    [`one/1/${at(11)}`, 3],
    [`one/1/${at(12)}`, 2],
    [`two/2/${at(12)}`, 1],
    [`three/2/${at(12)}`, 0],
  ] as const) {
    const late = world.device(token)
    comeBack(world, late, token)
    expect(late.frames.map(({ head }) => head.k)).toEqual(patches > 0 ? ['resumed', 'patch'] : ['resumed'])
    expect(late.frames[1] ? JSON.parse(must(late.frames[1].body, 'a patch has a body')) : []).toHaveLength(patches)
  }
  expect(world.asked).toHaveLength(0)
})

test('O1 a snapshot of the life before is brought into the next one by the swap that was announced meanwhile', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  world.edge.take('p.tasks', commitOf(10, 11, [set('k2', 'red')]))
  world.edge.take('p.tasks', swapOf(11, 12, [set('k1', 'red', 9, 'red')]))
  world.edge.take('p.tasks', inNext(12, 13, [set('k3', 'red')]))
  await world.answer(snapshotAt(10, [row('k1', 'red')]))
  expect(device.frames[0]?.head).toMatchObject({ k: 'rows', token: `two/2/${at(13)}` })
  expect(shownBy(device)).toEqual(['k1 red 9', 'k2 red 0', 'k3 red 0'])
  expect(world.asked).toHaveLength(0)
})

test('O1 a snapshot of the next life waits for the announcement that leads there', async () => {
  const { world } = await watched()
  const device = world.device('b')
  world.observe(device, 1, 'p.Task', { team: 'red' })
  const early = snapshotAt(12, [row('k1', 'red')], next)
  await world.answer(early)
  await world.answer(early)
  expect(device.frames).toHaveLength(0)
  world.edge.take('p.tasks', swapOf(11, 12, [set('k2', 'blue', 0, 'red')]))
  await world.calm()
  await world.answer(early)
  expect(shownBy(device)).toEqual(['k1 red 0'])
})

test('O2 the first announcement heard is a swap: rows that stand where it begins go on with it', async () => {
  const world = createEdgeWorld()
  const device = world.device('a')
  world.observe(device, 1, 'p.Task')
  await world.answer(snapshotAt(10, [row('k1', 'red')]))
  world.edge.take('p.tasks', swapOf(10, 11, [set('k1', 'red', 4, 'red')]))
  await world.calm()
  expect([shownBy(device), world.asked.length]).toEqual([['k1 red 4'], 0])
})

test('O2 a swap that follows another place or another life means to look again', async () => {
  for (const odd of [swapOf(13, 14, []), { ...swapOf(11, 12, []), follows: { incarnation: 'zero', version: 1 } }]) {
    const { world, device } = await watched()
    world.edge.take('p.tasks', odd)
    await world.answer(snapshotAt(14, [row('k9', 'red')], next))
    await world.calm()
    expect(shownBy(device)).toEqual(['k9 red 0'])
  }
})

test('O1 what comes late, or again, of the life before means nothing any more', async () => {
  const { world, device } = await watched()
  world.edge.take('p.tasks', swapOf(11, 12, [set('k1', 'red', 9, 'red')]))
  world.edge.take('p.tasks', commitOf(10, 11, [set('k1', 'red', 1, 'red')]))
  world.edge.take('p.tasks', { kind: 'resync', ...life, from: at(11), to: at(11) })
  world.edge.take('p.tasks', swapOf(11, 12, [set('k1', 'red', 9, 'red')]))
  await world.calm()
  expect([shownBy(device)[0], world.asked.length]).toEqual(['k1 red 9', 0])
})

test('O1 who was at a server that is in the next life already is looked up before it is shown the life before', async () => {
  const { world } = await watched()
  const ahead = world.device('b')
  comeBack(world, ahead, `two/2/${at(12)}`)
  expect([ahead.frames.length, world.asked.length]).toEqual([0, 1])
  world.edge.take('p.tasks', swapOf(11, 12, []))
  await world.answer(snapshotAt(12, [row('k1', 'red')], next))
  expect(shownBy(ahead)).toEqual(['k1 red 0'])
})

test('O5 a token of a life that is over is looked up once, however many devices bring one', async () => {
  const { world } = await watched()
  for (const name of ['b', 'c', 'd']) {
    const device = world.device(name)
    world.observe(device, 1, 'p.Task', {}, `zero/1/${at(99)}`)
    if (name === 'b') await world.answer(snapshotAt(11, [row('k1', 'red')]))
    expect([world.asked.length, shownBy(device)]).toEqual([0, ['k1 red 0']])
  }
})
