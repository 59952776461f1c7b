import { expect, test } from 'bun:test'
import { elsewhere } from './elsewhere.ts'

test('P4 the clock says something else elsewhere, by whatever it is asked', () => {
  const ask = () => {
    const now = new Date()
    const parts = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDay(), now.getUTCHours(), now.getUTCMinutes()]
    return [...parts, Date.now(), Date().slice(0, 15), new Date(Date.now()).toISOString()]
  }
  const [here, there] = [ask(), elsewhere(ask)]
  expect(here.flatMap((value, index) => (value === there[index] ? [index] : []))).toEqual([])
})

test('given instants are the same everywhere, and dates are dates', () => {
  const ask = () => [
    new Date(0).toISOString(),
    Date.UTC(2026, 1),
    Date.parse('2026-01-01T00:00:00Z'),
    new Date(2026, 1, 3),
  ]
  expect(elsewhere(ask)).toEqual(ask())
  expect(elsewhere(() => new Date(5)) instanceof Date && elsewhere(() => new Date() instanceof Date)).toBe(true)
})

test('everything is as before afterwards, also when the work fails', () => {
  const before = [Date, Math.random]
  expect(() =>
    elsewhere(() => {
      throw new Error('no')
    }),
  ).toThrow('no')
  expect([Date, Math.random]).toEqual(before)
})
