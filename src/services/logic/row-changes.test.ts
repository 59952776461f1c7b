import { expect, test } from 'bun:test'
import { logStart } from '#kernel/position.ts'
import type { PastQuestions } from '#observable/source/past-questions.ts'
import { createRowChangesOf } from './row-changes.ts'

const preparing = { state: 'preparing', projection: 'test.counters', share: 0.4, etaSeconds: null } as const
const row = { key: 'a', before: null, after: { id: 'a' }, fields: [] }
const ready: Awaited<ReturnType<PastQuestions['explain']>> = {
  state: 'ready',
  value: [
    {
      position: logStart,
      projections: [
        {
          projection: 'test.counters',
          version: 1,
          tables: [{ table: 'counters', keyedBy: ['id'], rows: [row] }],
          parkedWords: null,
        },
        { projection: 'test.other', version: 1, tables: [], parkedWords: 'a bug' },
      ],
    },
  ],
}

test('rows of all read models are told together, and which of them could not take the event', async () => {
  const answers = [preparing, ready]
  const rowChangesOf = createRowChangesOf({ explain: async () => answers.shift() ?? ready })
  expect(await rowChangesOf(logStart)).toEqual({
    rows: [{ projection: 'test.counters', table: 'counters', key: 'a', before: null, after: { id: 'a' } }],
    words: 'test.other could not take it: a bug.',
  })
})

test('a past that is long in preparing is told in words', async () => {
  const rowChangesOf = createRowChangesOf({ explain: async () => preparing })
  expect(await rowChangesOf(logStart)).toEqual({
    rows: [],
    words: 'The past of test.counters is being prepared: 40 %. Look again in a moment.',
  })
})
