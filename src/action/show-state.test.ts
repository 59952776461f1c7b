import { expect, test } from 'bun:test'
import { showState } from './show-state.ts'

test('what deciders keep in sets, maps and dates can be looked at', () => {
  const state = {
    open: new Set(['b', 'a']),
    byId: new Map([['x', { at: new Date(0) }]]),
    byNumber: new Map([[7, true]]),
    big: 12n,
    none: undefined,
    ratio: Number.NaN,
  }
  expect(showState(state)).toEqual({
    open: ['b', 'a'],
    byId: { x: { at: '1970-01-01T00:00:00.000Z' } },
    byNumber: { '7': true },
    big: '12',
    none: null,
    ratio: 'NaN',
  })
})

test('a state that holds itself ends somewhere', () => {
  const state: { self?: unknown } = {}
  state.self = state
  expect(JSON.stringify(showState(state))).toContain('…')
})
