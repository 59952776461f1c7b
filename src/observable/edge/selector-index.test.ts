import { expect, test } from 'bun:test'
import type { JsonObject } from '#kernel/json.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import { createSelectorIndex } from './selector-index.ts'
import { createSelectorRows } from './selector-rows.ts'
import { life, snapshotAt } from './testing/edge-world.ts'
import { at } from './testing/model-projection.ts'

let nextSel = 1
function rowsFor(selector: Selector, table = 'rows') {
  const { meta } = snapshotAt(1, [], { table })
  return createSelectorRows(selector, { sel: nextSel++, meta, point: { ...life, position: at(1) }, rows: new Map() })
}
function indexOf(...selectors: readonly ReturnType<typeof rowsFor>[]) {
  const index = createSelectorIndex()
  for (const rows of selectors) index.add(rows)
  const find = (a?: JsonObject, b?: JsonObject, table = 'rows') =>
    [...index.find(table, { k: 'k', ...(a && { a }), ...(b && { b }) })].map(([rows, isMember]) => [rows.sel, isMember])
  return { index, find }
}

test('O3 an inserted row concerns the selectors that pick it, an empty one always', () => {
  const [all, red, both] = [rowsFor({}), rowsFor({ team: 'red' }), rowsFor({ team: 'red', state: 'open' })]
  const { find } = indexOf(all, red, both, rowsFor({ team: 'blue' }))
  expect(find({ team: 'red', state: 'done' })).toEqual([
    [all.sel, true],
    [red.sel, true],
  ])
})

test('O3 a deleted row concerns those that held it', () => {
  const [all, red] = [rowsFor({}), rowsFor({ team: 'red' })]
  expect(indexOf(all, red, rowsFor({ team: null })).find(undefined, { team: 'red' })).toEqual([
    [all.sel, false],
    [red.sel, false],
  ])
})

test('O3 a moved row concerns the one that held it and the one that holds it', () => {
  const [red, blue] = [rowsFor({ team: 'red' }), rowsFor({ team: 'blue' })]
  expect(indexOf(red, blue).find({ team: 'blue' }, { team: 'red' })).toEqual([
    [blue.sel, true],
    [red.sel, false],
  ])
})

test('O3 values of different kinds are different picks', () => {
  const picks = [rowsFor({ n: 1 }), rowsFor({ n: '1' }), rowsFor({ n: true }), rowsFor({ n: null })]
  const { find } = indexOf(...picks)
  expect([1, '1', true, null].map((n) => find({ n }))).toEqual(picks.map(({ sel }) => [[sel, true]]))
})

test('O3 two observables may pick the same rows of one table', () => {
  const [one, other] = [rowsFor({ team: 'red' }), rowsFor({ team: 'red' })]
  const { index, find } = indexOf(one, other)
  expect(find({ team: 'red' })).toHaveLength(2)
  index.remove(one)
  expect(find({ team: 'red' })).toEqual([[other.sel, true]])
})

test('O3 another table is another matter, and what was removed is not found', () => {
  const red = rowsFor({ team: 'red' })
  const { index, find } = indexOf(red)
  expect(find({ team: 'red' }, undefined, 'others')).toEqual([])
  index.remove(red)
  index.remove(red)
  expect([find({ team: 'red' }), [...index.all()]]).toEqual([[], []])
})
