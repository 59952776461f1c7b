import { expect, test } from 'bun:test'
import { previewOf } from './event-preview.ts'

const entityId = '7'

test('names what the event says beside the entity it is about', () => {
  const data = { orderId: '7', amount: 3, note: 'for Ann', paid: false, left: null, lines: [1] }
  expect(previewOf({ data, entityId, refused: null })).toBe('amount: 3, note: for Ann, paid: false, lines: [1]')
})

test('of a refusal it is what was asked for', () => {
  const data = { action: 'shop.Place', data: { orderId: '7', amount: -1 }, kind: 'no', words: 'No.' }
  expect(previewOf({ data, entityId, refused: 'shop.Place' })).toBe('amount: -1')
})

test('is short, and empty where there is nothing', () => {
  expect(previewOf({ data: { note: 'x'.repeat(5_000) }, entityId, refused: null }).length).toBe(200)
  expect(previewOf({ data: {}, entityId, refused: null })).toBe('')
  expect(previewOf({ data: 5, entityId, refused: 'a' })).toBe('')
})
