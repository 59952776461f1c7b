import { expect, test } from 'bun:test'
import type { SelectorPatch } from '#vortex/protocol/row.ts'
import { createSelectorRows, drainPatch, isDirty, isPickedBy, leapFrom, rowsText, takeChange } from './selector-rows.ts'
import { createSentPatches } from './sent-patches.ts'
import { life, snapshotAt } from './testing/edge-world.ts'
import { at } from './testing/model-projection.ts'

const point = (place: number) => ({ ...life, position: at(place) })
const make = (keys: readonly string[]) =>
  createSelectorRows(
    {},
    {
      sel: 7,
      meta: snapshotAt(10, []).meta,
      point: point(10),
      rows: new Map(keys.map((id) => [id, { id, n: 0 }])),
    },
  )

test('O3 a patch holds each touched row once, as it is now, and the actions of all changes', () => {
  const rows = make(['k1', 'k2'])
  takeChange(rows, { k: 'k1', a: { id: 'k1', n: 1 }, c: ['x'] }, true)
  takeChange(rows, { k: 'k1', a: { id: 'k1', n: 2 }, c: ['y'] }, true)
  takeChange(rows, { k: 'k2', a: { id: 'k2', n: 5 } }, false)
  const patch = JSON.parse(drainPatch(rows, point(12))) as SelectorPatch
  expect(patch).toEqual({
    sel: 7,
    token: `one/1/${at(12)}`,
    position: at(12),
    set: [{ id: 'k1', n: 2 }],
    del: ['k2'],
    acts: ['x', 'y'],
  })
  expect(isDirty(rows)).toBe(false)
})

test('S4 a patch shows the observable’s fields and no other column of the table', () => {
  const rows = make([])
  takeChange(rows, { k: 'k1', a: { id: 'k1', n: 1, salary: 9 } }, true)
  expect(rowsText(rows)).toBe('[{"id":"k1","n":1}]')
  const { set } = JSON.parse(drainPatch(rows, point(12))) as SelectorPatch
  expect(set).toEqual([{ id: 'k1', n: 1 }])
})

test('O3 a row that was not there and is not there now changes nothing', () => {
  const rows = make([])
  takeChange(rows, { k: 'k1', b: {} }, false)
  expect(isDirty(rows)).toBe(false)
})

test('O3 the rows are encoded once as long as they stay as they are', () => {
  const rows = make(['k1'])
  expect(rowsText(rows)).toBe('[{"id":"k1","n":0}]')
  takeChange(rows, { k: 'k1', b: {} }, false)
  expect(rowsText(rows)).toBe('[]')
})

test('O1 a difference between two looks is not for those who were somewhere in between', () => {
  const rows = make(['k1'])
  leapFrom(
    rows,
    new Map([
      ['k1', { id: 'k1', n: 0 }],
      ['k2', { id: 'k2', n: 0 }],
    ]),
    ['x'],
  )
  const patch = JSON.parse(drainPatch(rows, point(14))) as SelectorPatch
  expect([patch.set, patch.del, patch.acts]).toEqual([[], ['k2'], ['x']])
  expect(rows.sent.since(point(12))).toBeUndefined()
  expect(rows.sent.since(point(14))).toEqual([])
})

test('O2 who comes back gets the patches after its point, as long as all of them are kept', () => {
  const sent = createSentPatches(point(10), 10)
  for (const place of [11, 12, 13]) sent.keep(point(place), `text${place}`.slice(0, 5))
  expect(sent.since(point(12))).toEqual(['text1'])
  expect(sent.since(point(11))).toHaveLength(2)
  expect(sent.since(point(10))).toBeUndefined()
  expect(sent.since({ ...point(12), incarnation: 'two' })).toBeUndefined()
})

test('O5 the patches kept are bounded in number', () => {
  const sent = createSentPatches(point(10), 1_000_000)
  for (let place = 11; place < 1_011; place++) sent.keep(point(place), 'x')
  expect(sent.since(point(509))).toBeUndefined()
  expect(sent.since(point(510))).toHaveLength(500)
})

test('a null picks rows without a value', () => {
  expect(isPickedBy({ team: null }, { id: 'k1' })).toBe(true)
  expect(isPickedBy({ team: null }, { id: 'k1', team: 'red' })).toBe(false)
  expect(isPickedBy({}, undefined)).toBe(false)
})
