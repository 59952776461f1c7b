import { expect, test } from 'bun:test'
import { toPosition } from '#kernel/position.ts'
import { type JobEvent, jobEventSchemas } from './job-events.ts'
import { toStory } from './job-story.ts'

const at = Date.UTC(2026, 10, 22)
const tell = ({ type, data }: { readonly type: string; readonly data: object }): string =>
  toStory({
    ...{ id: 'e', stream: 's', revision: 0, position: toPosition(1, 1), storedAt: at, metadata: {} },
    ...{ type, data: JSON.parse(JSON.stringify(data)) },
  }).join('\n')

const lines = [{ at, level: 'warning', words: 'no answer\nyet' }]
const events: readonly JobEvent[] = [
  {
    type: 'peek.JobSubmitted',
    data: { job: 'a.B', input: {}, priority: 'low', key: 'k', notBefore: at, schedule: at, by: 'ann' },
  },
  { type: 'peek.JobReady', data: { tryNumber: 2 } },
  { type: 'peek.JobLeased', data: { tryNumber: 2, lease: 'l', worker: 'w', workerName: 'worker-1', until: at } },
  { type: 'peek.JobProgressed', data: { lease: 'l', share: 0.5, words: 'half of it', lines, until: at } },
  { type: 'peek.JobTryFailed', data: { lease: 'l', cause: 'threw', error: 'no paper', lines, nextAt: at } },
  { type: 'peek.JobLeaseExpired', data: { lease: 'l', nextAt: null } },
  { type: 'peek.JobSucceeded', data: { lease: 'l', output: {}, lines, tookMs: 5 } },
  { type: 'peek.JobParked', data: { error: 'all tries failed' } },
  { type: 'peek.JobCancelRequested', data: { by: 'ann', reason: '' } },
  { type: 'peek.JobCancelled', data: { lease: null, lines: [] } },
  { type: 'peek.JobBroughtForward', data: { by: 'ann', reason: 'soon' } },
  { type: 'peek.JobRetried', data: { by: 'ann', reason: 'mended' } },
]

test('everything that may happen to a job is told, with what it wrote before', () => {
  expect(events.map(({ type }) => type).toSorted()).toEqual(
    Object.keys(jobEventSchemas).toSorted() as JobEvent['type'][],
  )
  const told = events.map(tell)
  expect(told.every((words) => words.startsWith('2026-11-22T00:00:00.000Z  '))).toBe(true)
  expect(
    told.map((words) =>
      words
        .slice(35)
        .split('\n')
        .at(-1)
        ?.replace(/^.*Z {11}/, ''),
    ),
  ).toEqual([
    'submitted by ann, with the key "k", due at 2026-11-22T00:00:00.000Z, not before 2026-11-22T00:00:00.000Z',
    'may begin, try 2',
    'try 2 begins on worker-1',
    '50 % half of it',
    'the try failed (threw): no paper; the next one not before 2026-11-22T00:00:00.000Z',
    'The worker that had it was lost: its lease ended, and nobody said anything.',
    'done, in 5 ms',
    'parked: all tries failed',
    'ann asks for its end: no reason given',
    'cancelled',
    'ann lets it wait for its turn only: soon',
    'ann lets it begin again: mended',
  ])
  const wrote = ['2026-11-22T00:00:00.000Z  warning  no answer', `${' '.repeat(35)}yet`]
  expect(told[3]?.split('\n').slice(0, 2)).toEqual(wrote)
})

test('a longer lease is nothing to tell, and what nobody understands is named', () => {
  expect(
    tell({ type: 'peek.JobProgressed', data: { lease: 'l', share: null, words: null, lines: [], until: 1 } }),
  ).toBe('')
  expect(tell({ type: 'peek.JobSold', data: {} })).toContain('peek.JobSold, which nobody here understands')
})
