import { expect, test } from 'bun:test'
import { differencesOf } from './json-difference.ts'

test('equal values differ nowhere, whatever the order of their fields', () => {
  expect(differencesOf({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toEqual([])
})

test('a difference is named by the path to it', () => {
  expect(differencesOf({ a: { b: 1, c: 2 }, d: [1, 2] }, { a: { b: 1, c: 3 }, d: [1, 4] })).toEqual([
    { path: ['a', 'c'], before: 2, after: 3 },
    { path: ['d', 1], before: 2, after: 4 },
  ])
})

test('what came, what went and what has another shape is one difference', () => {
  expect(differencesOf({ a: 1 }, { b: 2 })).toEqual([
    { path: ['a'], before: 1, after: undefined },
    { path: ['b'], before: undefined, after: 2 },
  ])
  expect(differencesOf({ a: [1] }, { a: [1, 2] })).toEqual([{ path: ['a'], before: [1], after: [1, 2] }])
  expect(differencesOf({ a: [] }, { a: {} })).toEqual([{ path: ['a'], before: [], after: {} }])
})
