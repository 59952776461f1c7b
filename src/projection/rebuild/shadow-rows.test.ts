import { expect, test } from 'bun:test'
import type { RowChange } from '../fold.ts'
import { createShadowRows } from './shadow-rows.ts'

const changed = (...keys: readonly string[]): ReadonlyMap<string, readonly RowChange[]> =>
  new Map([
    ['t', keys.map((key) => ({ key, keyValues: key, before: undefined, after: { id: key, note: 'x' }, acts: [] }))],
  ])
const keysOf = (rows: ReturnType<typeof createShadowRows>) => [...(rows.takeUnsaved().get('t')?.keys() ?? [])]

test('unsaved rows stay, however little room there is', () => {
  const rows = createShadowRows(['t'])
  rows.take(changed('a', 'b'))
  rows.put('t', 'c', { id: 'c' })
  expect(rows.shrinkTo(0)).toBe(true)
  expect(rows.has('t', 'c')).toBe(false)
  expect(rows.heldCount()).toBe(2)
})

test('rows stay while they are saved, and may go when they are', () => {
  const rows = createShadowRows(['t'])
  rows.take(changed('a'))
  expect(keysOf(rows)).toEqual(['a'])
  expect(rows.shrinkTo(0)).toBe(false)
  rows.noteSaved()
  expect(rows.shrinkTo(0)).toBe(true)
})

test('a row changed while it is saved is unsaved again', () => {
  const rows = createShadowRows(['t'])
  rows.take(changed('a'))
  rows.takeUnsaved()
  rows.take(changed('a'))
  rows.noteSaved()
  expect(rows.shrinkTo(0)).toBe(false)
  expect(keysOf(rows)).toEqual(['a'])
})

test('rows changed longest ago go first', () => {
  const rows = createShadowRows(['t'])
  rows.take(changed('a', 'b', 'c'))
  rows.takeUnsaved()
  rows.noteSaved()
  rows.take(changed('a'))
  rows.takeUnsaved()
  rows.noteSaved()
  rows.shrinkTo(1)
  expect(rows.has('t', 'a')).toBe(true)
})

test('a row known to be absent is remembered', () => {
  const rows = createShadowRows(['t'])
  rows.put('t', 'a', undefined)
  expect(rows.has('t', 'a')).toBe(true)
  expect(rows.get('t', 'a')).toBeUndefined()
})

test('what rows take is estimated from their sizes', () => {
  const rows = createShadowRows(['t'])
  rows.take(changed('a'))
  const one = rows.heldBytes()
  rows.take(changed('b', 'c'))
  expect(rows.heldBytes()).toBe(one * 3)
  expect(one).toBeGreaterThan(300)
})
