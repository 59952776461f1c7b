import { expect, test } from 'bun:test'
import { decisionWords } from './decision-words.ts'

const words = (type: string, data: object) => decisionWords({ type: `peek.${type}`, data })

test('a decision reads as what was done, and why', () => {
  expect(words('ProjectionRebuildRequested', { kind: 'rebuild', reason: 'new column' })).toEqual({
    title: 'Rebuild begun',
    reason: 'new column',
  })
  expect(words('ProjectionRebuildRequested', { kind: 'return', reason: '' })).toEqual({
    title: 'Return begun',
    reason: '',
  })
})

test('a limit is said, and so is that there is none any more', () => {
  expect(words('ProjectionRebuildThrottled', { rateMax: 500 }).reason).toBe('at most 500 events a second')
  expect(words('ProjectionRebuildThrottled', { rateMax: null }).reason).toBe('no limit any more')
})

test('a decision of a kind that is not known here is shown by its name, whatever its data are', () => {
  expect(decisionWords({ type: 'peek.TablesMovedAway', data: null })).toEqual({
    title: 'Tables moved away',
    reason: '',
  })
})
