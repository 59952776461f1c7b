import { describe, expect, test } from 'bun:test'
import {
  changedColumns,
  differenceWords,
  etaOf,
  latestOf,
  outcomeWords,
  percent,
  progressWords,
  type RebuildRow,
  rebuildLook,
  rebuildTitle,
  sampleWords,
  stepsOf,
} from './rebuild-looks.ts'
import { rebuild } from './testing/rebuild-row.ts'

describe('the steps', () => {
  const states = (change: Partial<RebuildRow>): string =>
    stepsOf({ ...rebuild, ...change })
      .map(({ title, state }) => `${title} ${state}`)
      .join(', ')

  test('show what is behind, where it is and what comes', () => {
    expect(states({ phase: 'following' })).toBe(
      'Read history done, Indexes done, Catch up current, Proof ahead, Swap ahead',
    )
    expect(states({ phase: 'queued' })).not.toContain('current')
    expect(states({ phase: 'done' })).not.toMatch(/ahead|current/)
  })

  test('of a return are fewer: its tables are built already', () => {
    expect(states({ kind: 'return', phase: 'swapping' })).toBe('Read history done, Catch up done, Swap current')
  })

  test('name the comparison where somebody wants to look', () => {
    expect(states({ phase: 'comparing', asksFirst: true })).toContain('Compare current, Swap ahead')
    expect(states({ phase: 'folding', asksFirst: true })).toContain('Compare ahead')
  })
})

test('only what needs somebody has a colour', () => {
  const tone = (change: Partial<RebuildRow>) => rebuildLook({ ...rebuild, ...change }).tone
  expect([tone({}), tone({ isPaused: true }), tone({ phase: 'done' }), tone({ phase: 'cancelled' })]).toEqual([
    'busy',
    'waiting',
    'normal',
    'idle',
  ])
  expect([tone({ phase: 'comparing' }), tone({ phase: 'failed' })]).toEqual(['warning', 'alarm'])
})

test('the progress says how much is done and how long still, with the range', () => {
  expect(progressWords(rebuild)).toBe('37 %, 5 s to go (4 s to 7 s)')
  expect(progressWords({ ...rebuild, etaSeconds: null })).toBe('37 %')
  expect(progressWords({ ...rebuild, isPaused: true })).toBe('37 %, paused')
  expect(etaOf({ ...rebuild, etaSeconds: 0.2, etaSecondsMin: null, etaSecondsMax: null })).toEqual({
    middle: '1 s',
    range: undefined,
  })
  expect([percent(0.999), percent(1.2), percent(-1)]).toEqual(['99 %', '100 %', '0 %'])
})

test('a rebuild is named by what it does to the version', () => {
  expect(rebuildTitle(rebuild)).toBe('Rebuild to version 2')
  expect(rebuildTitle({ ...rebuild, fromVersion: 2 })).toBe('Rebuild of version 2')
  expect(rebuildTitle({ ...rebuild, kind: 'return', toVersion: 1 })).toBe('Return to version 1')
})

test('what is under way comes before what has ended later', () => {
  const ended = { ...rebuild, id: 'ended', phase: 'done', startedAt: 9_000 } as const
  expect(latestOf([rebuild, ended], 'test.counters')?.id).toBe('r1')
  expect(latestOf([ended, { ...ended, id: 'older', startedAt: 5 }], 'test.counters')?.id).toBe('ended')
  expect(latestOf([rebuild], 'test.others')).toBeUndefined()
})

test('an end says how long it took, and a failure why', () => {
  expect(outcomeWords({ ...rebuild, phase: 'done', endedAt: 13_000, swapMs: 12.4 })).toBe(
    'took 12 s, 420,000 events, 42,000 rows, swapped in 12 ms',
  )
  expect(outcomeWords({ ...rebuild, phase: 'failed', error: 'The proof found 3 rows.' })).toBe(
    'The proof found 3 rows.',
  )
})

describe('differences', () => {
  test('are counted in words', () => {
    expect(differenceWords(rebuild)).toBeUndefined()
    const counted = { ...rebuild, differencesAdded: 1, differencesRemoved: 0, differencesChanged: 2 }
    expect(differenceWords(counted)).toBe('1 row added, 2 rows changed')
    expect(differenceWords({ ...counted, differencesAdded: 0, differencesChanged: 0 })).toBe('no row differs')
  })

  test('show the columns that differ, and texts as texts', () => {
    expect(
      changedColumns({
        table: 't',
        key: 'a',
        live: { id: 'a', sum: 1, note: 'x' },
        shadow: { id: 'a', sum: '1', note: 'x' },
      }),
    ).toEqual([{ column: 'sum', live: '1', shadow: '"1"' }])
  })

  test('show all columns of a row that only one side has', () => {
    expect(changedColumns({ table: 't', key: 'b', live: null, shadow: { id: 'b', note: null } })).toEqual([
      { column: 'id', live: '–', shadow: '"b"' },
      { column: 'note', live: '–', shadow: '–' },
    ])
  })
})

test('a sample is named by its share', () => {
  expect([1, 0.25, 0.0004].map(sampleWords)).toEqual(['all rows', '25 % of the rows', '0.04 % of the rows'])
})
