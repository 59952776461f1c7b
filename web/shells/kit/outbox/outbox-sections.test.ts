import { expect, test } from 'bun:test'
import { anOutboxRecord } from '#web/sdk/testing/outbox-record.ts'
import { inSection, mergeHistory, sectionOf } from './outbox-sections.ts'

const records = [
  anOutboxRecord(1, { state: 'accepted' }),
  anOutboxRecord(2, { state: 'refused' }),
  anOutboxRecord(3, { state: 'stuck' }),
  anOutboxRecord(4, { state: 'refused', replacedBy: 'x' }),
  anOutboxRecord(5, { state: 'sent' }),
  anOutboxRecord(6),
]
const seqs = (found: readonly { readonly seq: number }[]) => found.map(({ seq }) => seq)

test('what waits is listed in the order it goes, the rest the latest first', () => {
  expect(seqs(inSection(records, 'unsent'))).toEqual([3, 5, 6])
  expect(seqs(inSection(records, 'attention'))).toEqual([3, 2])
  expect(seqs(inSection(records, 'history'))).toEqual([4, 2, 1])
})

test('an address that asks for no list gets the one that needs somebody', () => {
  expect([sectionOf('history', 2), sectionOf(undefined, 2), sectionOf('x', 0)]).toEqual([
    'history',
    'attention',
    'unsent',
  ])
})

test('history holds each once, as it is now, with what ended since its pages were read', () => {
  const pages = [anOutboxRecord(2, { state: 'refused' }), anOutboxRecord(1, { state: 'accepted' })]
  const current = [
    anOutboxRecord(2, { state: 'refused', replacedBy: 'x' }),
    anOutboxRecord(3, { state: 'changed' }),
    anOutboxRecord(4),
  ]
  const merged = mergeHistory(pages, current)
  expect(seqs(merged)).toEqual([3, 2, 1])
  expect(merged[1]?.replacedBy).toBe('x')
})
