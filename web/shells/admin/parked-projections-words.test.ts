import { describe, expect, test } from 'bun:test'
import type { ParkedEntity, ParkingWork } from './parked-projections-api.ts'
import { outcomeWords, questionAbout } from './parked-projections-words.ts'

const entity: ParkedEntity = {
  stream: 'shop.Order-1',
  fingerprint: 'f',
  eventId: 'e',
  position: '1',
  revision: 3,
  type: 'shop.OrderPlaced',
  words: 'a bug',
  actionId: null,
  actionUser: null,
  parkedCount: 3,
  parkedAt: 0,
}

describe('a question says what will happen', () => {
  test('to how many events', () => {
    const { stream, eventId } = entity
    expect(questionAbout({ kind: 'retry', stream }, entity).words).toStartWith(
      '3 parked events of shop.Order-1 are projected again',
    )
    expect(questionAbout({ kind: 'retry', stream }, { ...entity, parkedCount: 1 }).words).toStartWith(
      '1 parked event of shop.Order-1 is',
    )
    expect(questionAbout({ kind: 'skip', stream, eventId }, entity).words).toContain(
      'The 2 events behind it are projected.',
    )
    expect(questionAbout({ kind: 'skip', stream, eventId }, { ...entity, parkedCount: 1 }).words).toContain(
      'Nothing is parked behind it.',
    )
    expect(questionAbout({ kind: 'skip', stream, eventId }, entity).danger).toBe(true)
  })
})

describe('an outcome says what happened', () => {
  const work: ParkingWork = {
    id: 'w',
    kind: 'retry',
    by: 'ann',
    stream: entity.stream,
    fingerprint: null,
    state: 'done',
    doneCount: 1,
    totalCount: 1,
    outcome: { projectedCount: 3, skippedCount: 0, goneCount: 0, changedRowCount: 1, stillParkedCount: 0, words: null },
    error: null,
    startedAt: 0,
    endedAt: 1,
  }
  test('and what is left', () => {
    expect(outcomeWords(work)).toBe('3 events projected, 1 row is different; nothing of it is parked any more.')
    const outcome = {
      projectedCount: 0,
      skippedCount: 1,
      goneCount: 0,
      changedRowCount: 0,
      stillParkedCount: 2,
      words: 'There is a bug.',
    }
    expect(outcomeWords({ ...work, outcome })).toBe(
      '1 event skipped, no row is different; 2 events still parked: There is a bug.',
    )
  })
  test('or why it did not', () => {
    expect(outcomeWords({ ...work, state: 'failed', error: 'the disk is full' })).toBe('the disk is full')
  })
})
