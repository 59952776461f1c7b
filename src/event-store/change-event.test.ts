import { expect, test } from 'bun:test'
import { logStart, toPosition } from '#kernel/position.ts'
import { type ChangedEvent, parseChangeEvent, toEventData } from './change-event.ts'

const mark = { incarnation: 'i1', version: 1, from: logStart, to: toPosition(7n, 7n) }
const changed: ChangedEvent = { kind: 'changed', ...mark, part: 0, parts: 1, tables: {} }
const effect = {
  actionId: 'a1',
  state: 'delayed',
  words: '',
  type: 'p.Do',
  stream: 'p.Task-1',
  position: mark.to,
  since: 5,
  user: 'ann',
  device: 'd1',
} as const

const again = (change: ChangedEvent, more: object = {}) => {
  const { type, data } = toEventData(change)
  return parseChangeEvent(type, { ...data, ...more })
}

test('seam 8 what became of actions travels with the rows of a commit, and comes back as it was', () => {
  for (const of of [[effect], 'ask'] as const) {
    const told: ChangedEvent = { ...changed, effects: { on: ['p.Tasks'], of } }
    expect(again(told)).toEqual(told)
  }
  expect(again(changed)).toEqual(changed)
})

test('V1 fields of a newer build are passed over; effects that it tells otherwise make the reader look again', () => {
  expect(again(changed, { colour: 'red' })).toEqual(changed)
  for (const effects of [
    null,
    'ask',
    { on: [] },
    { on: [1], of: [] },
    { on: [], of: [{ ...effect, state: 'halfway' }] },
  ])
    expect(again(changed, { effects })).toBeUndefined()
})
