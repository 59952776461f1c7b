import { expect, test } from 'bun:test'
import { fromParams, toLocalText, toParams, toQuery } from './audit-search.ts'

const nothing = fromParams({})

test('an empty address is everything, newest first, and says nothing', () => {
  expect(nothing).toMatchObject({ text: '', kind: '', order: 'newest', time: 'recorded' })
  expect(toParams(nothing)).toEqual({})
})

test('an address comes back from the form as it went in', () => {
  const params = {
    text: 'pole 7',
    kind: 'refusal',
    stream: 'shop.Order-1',
    user: 'ann',
    order: 'oldest',
    time: 'occurred',
    from: '2026-03-31T14:00:00.000Z',
    to: '2026-03-31T14:00:30.000Z',
  }
  expect(toParams(fromParams(params))).toEqual(params)
})

test('the form shows instants of the reader’s zone, the address those of UTC', () => {
  const local = toLocalText('2026-03-31T14:00:00Z')
  expect(new Date(local).getTime()).toBe(Date.UTC(2026, 2, 31, 14))
  expect(local).toMatch(/^2026-0[34]-\d\dT\d\d:\d\d$/)
  expect(toLocalText(String(Date.UTC(2026, 2, 31, 14)))).toBe(local)
  expect([toLocalText('yesterday'), toLocalText('')]).toEqual(['', ''])
})

test('an outcome in an address is the kind that records it, and nonsense is nothing', () => {
  expect(fromParams({ outcome: 'refused' }).kind).toBe('refusal')
  expect(fromParams({ kind: 'nonsense', outcome: 'accepted' }).kind).toBe('action')
  expect(fromParams({ kind: ['fact', 'job'] }).kind).toBe('fact')
})

test('which of two times counts is said only where a time is, and the order is not looked for', () => {
  expect(toParams({ ...nothing, time: 'occurred' })).toEqual({})
  expect(toQuery({ ...nothing, order: 'oldest', user: ' ann ' }).toString()).toBe('user=ann')
})
