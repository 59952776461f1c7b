import { describe, expect, test } from 'bun:test'
import { toRebuild } from './projections-answers.ts'
import { estimateWords, lengthWords, progressWords, rangeWords, rebuildWords, valueWords } from './projections-words.ts'

const rebuild = (change: object) =>
  toRebuild({
    kind: 'rebuild',
    projection: 'test.counters',
    phase: 'folding',
    fromVersion: 1,
    toVersion: 2,
    eventCount: 420_000,
    rowCount: 42_000,
    eventsPerSecond: 118_000,
    share: 0.378,
    etaSeconds: 5,
    etaSecondsMin: 4,
    etaSecondsMax: 7,
    startedAt: 1_000,
    ...change,
  })

test('a length has one unit, the one that says most', () => {
  expect([0, 0.85, 42, 119, 180, 7_200, 172_800].map(lengthWords)).toEqual([
    '0 s',
    '850 ms',
    '42 s',
    '119 s',
    '3 min',
    '2 h',
    '2 days',
  ])
})

test('a range is shown where it says more than its middle', () => {
  expect(rangeWords(12, 9, 20)).toBe('12 s (9 s to 20 s)')
  expect(rangeWords(12, 12, 12)).toBe('12 s')
  expect(rangeWords(12, null, null)).toBe('12 s')
})

describe('a rebuild in words', () => {
  test('says how far it is, how fast, and how long still', () => {
    expect(progressWords(rebuild({}))).toBe(
      'folding, 420,000 events, 42,000 rows, 118,000 events/s, 5 s (4 s to 7 s) to go',
    )
    expect(rebuildWords(rebuild({ isPaused: true, eventsPerSecond: 0, etaSeconds: null }))).toBe(
      'The rebuild of test.counters (version 1 to 2) is 37 % done: folding, paused, 420,000 events, 42,000 rows.',
    )
  })

  test('says what is wrong with one that is held or tried again', () => {
    const trouble = { error: 'The disk is full.', eventsPerSecond: 0, etaSeconds: null }
    expect(rebuildWords(rebuild({ ...trouble, isPaused: true }))).toEndWith(
      'The disk is full. It is held: resume it when the cause is gone.',
    )
    expect(rebuildWords(rebuild(trouble))).toEndWith('The disk is full. It is tried again.')
  })

  test('says how it ended, and what was proved', () => {
    const done = { phase: 'done', endedAt: 13_000, swapMs: 12.4, proof: { outcome: 'equal', sampleShare: 1 } }
    expect(rebuildWords(rebuild(done))).toBe(
      'The rebuild of test.counters (version 1 to 2) is done: 420,000 events, 42,000 rows in 12 s, proved on all rows, swapped in 12 ms.',
    )
    expect(
      rebuildWords(rebuild({ phase: 'failed', error: 'The proof found 3 rows that differ', endedAt: 2 })),
    ).toContain('failed: The proof found 3 rows that differ. The live tables are as they were.')
  })

  test('says what to do where it waits for somebody', () => {
    const words = rebuildWords(
      rebuild({
        phase: 'comparing',
        proof: { outcome: 'equal', sampleShare: 0.05 },
        differences: { added: 1, removed: 0, changed: 2 },
      }),
    )
    expect(words).toContain('proved on a sample of 5 % of the rows')
    expect(words).toContain('1 row added, 2 rows changed')
    expect(words).toContain('"projections approve test.counters"')
  })
})

test('an estimate says how many events, how long, how much disk and which screens', () => {
  const words = estimateWords({
    projection: 'test.counters',
    fromVersion: 1,
    toVersion: 2,
    eventCount: 1_000_000,
    isEventCountExact: false,
    seconds: 12,
    secondsMin: 9,
    secondsMax: 20,
    diskBytes: 48_000_000,
    diskFreeBytes: null,
    observables: ['test.Counter'],
    watchedSelectors: 0,
  })
  expect(words.slice(0, 5)).toEqual([
    'A rebuild of test.counters, from version 1 to 2:',
    '  reads    about 1,000,000 events',
    '  takes    about 12 s (9 s to 20 s)',
    '  needs    48.0 MB on the disk',
    '  shown by test.Counter; nobody watches just now',
  ])
})

test('a value stays on one line, and is cut where it is long', () => {
  expect([null, 3, 'a\nb', { a: [1] }].map(valueWords)).toEqual(['-', '3', 'a b', '{"a":[1]}'])
  expect(valueWords('x'.repeat(100))).toBe(`${'x'.repeat(59)}…`)
})
