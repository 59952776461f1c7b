import { expect, test } from 'bun:test'
import { RecentRates } from './recent-rates.ts'

test('a rate is the growth over the looks that are kept, and follows when the pace changes', () => {
  const rates = new RecentRates<'appends'>()
  for (let second = 0; second < 20; second++) rates.look(second * 1_000, { appends: second * 10 })
  expect(rates.perSecond('appends')).toBe(10)
  for (let second = 20; second < 40; second++) rates.look(second * 1_000, { appends: 190 })
  expect(rates.perSecond('appends')).toBe(0)
})

test('nothing is claimed before there are two looks, nor when the time stands still', () => {
  const rates = new RecentRates<'reads'>()
  expect(rates.perSecond('reads')).toBe(0)
  rates.look(5, { reads: 1 })
  rates.look(5, { reads: 9 })
  expect(rates.perSecond('reads')).toBe(0)
})
