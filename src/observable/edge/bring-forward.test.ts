import { expect, test } from 'bun:test'
import type { ChangedEvent } from '#event-store/change-event.ts'
import { bringForward } from './bring-forward.ts'
import { life, snapshotAt } from './testing/edge-world.ts'
import { at, commitOf } from './testing/model-projection.ts'

const snapshot = snapshotAt(10, [{ id: 'k1', team: 'red' }])
const red = { team: 'red' }
const bring = (changes: readonly ChangedEvent[], points: { feed?: number; shown?: number } = {}) =>
  bringForward({
    snapshot,
    selector: red,
    changes,
    feedPoint: points.feed === undefined ? undefined : { ...life, position: at(points.feed) },
    shownPoint: points.shown === undefined ? undefined : { ...life, position: at(points.shown) },
    isOver: () => false,
  })

test('O1 changes a snapshot holds already are left out', () => {
  const stale = commitOf(9, 10, [{ k: 'k1', a: { id: 'k1', team: 'blue' } }])
  expect(bring([stale], { feed: 10 })?.rows.get('k1')).toEqual({ id: 'k1', team: 'red' })
})

test('O1 changes that follow are taken, with the actions they bring', () => {
  const found = bring([
    commitOf(10, 11, [{ k: 'k2', a: { id: 'k2', team: 'red' }, c: ['act-1'] }]),
    commitOf(11, 12, [{ k: 'k1', a: { id: 'k1', team: 'blue' }, c: ['act-2'] }]),
    commitOf(12, 13, [{ k: 'k9', a: { id: 'k9', team: 'blue' }, c: ['act-3'] }]),
  ])
  expect(found).toEqual({
    point: { ...life, position: at(13) },
    rows: new Map([['k2', { id: 'k2', team: 'red' }]]),
    acts: ['act-1', 'act-2'],
  })
})

test('S4 a change shows the observable’s fields and no other column of the table', () => {
  const found = bring([commitOf(10, 11, [{ k: 'k2', a: { id: 'k2', team: 'red', salary: 9 } }])])
  expect(found?.rows.get('k2')).toEqual({ id: 'k2', team: 'red' })
})

test('O1 all parts of a commit are taken', () => {
  const parts = ['k2', 'k3'].map((k, part) => ({
    ...commitOf(10, 11, [{ k, a: { id: k, team: 'red' } }]),
    part,
    parts: 2,
  }))
  expect(bring(parts)?.rows.size).toBe(3)
})

test('O1 a snapshot that does not reach its feed, or what was shown, is not good enough', () => {
  expect(bring([], { feed: 11 })).toBeUndefined()
  expect(bring([], { shown: 11 })).toBeUndefined()
  expect(bring([commitOf(11, 12, [])])).toBeUndefined()
})

test('O1 a snapshot of another life than its feed is not good enough', () => {
  expect(
    bringForward({
      snapshot,
      selector: red,
      changes: [],
      feedPoint: { incarnation: 'two', version: 1, position: at(3) },
      shownPoint: undefined,
      isOver: () => false,
    }),
  ).toBeUndefined()
})
