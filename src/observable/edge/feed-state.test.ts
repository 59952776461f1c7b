import { expect, test } from 'bun:test'
import type { ChangeEvent } from '#event-store/change-event.ts'
import { type FeedState, type FeedStep, takeAnnouncement, unheardFeed } from './feed-state.ts'
import { at, commitOf } from './testing/model-projection.ts'

const mark = (place: number, incarnation = 'one'): ChangeEvent => ({
  kind: 'resync',
  incarnation,
  version: 1,
  from: at(place),
  to: at(place),
})
const part = (from: number, to: number, number: number, parts: number) => ({
  ...commitOf(from, to, []),
  part: number,
  parts,
})
const heard = (place: number): FeedState => takeAnnouncement(unheardFeed, commitOf(place - 1, place, [])).feed

function steps(feed: FeedState, changes: readonly ChangeEvent[]): FeedStep['step'][] {
  let current = feed
  return changes.map((change) => {
    const next = takeAnnouncement(current, change)
    current = next.feed
    return next.step
  })
}

test('O1 the first whole commit is where a feed begins', () => {
  expect(steps(unheardFeed, [commitOf(4, 5, []), commitOf(5, 6, [])])).toEqual(['apply', 'apply'])
})

test('O1 commits without a gap are applied in order', () => {
  const next = takeAnnouncement(heard(5), commitOf(5, 6, []))
  expect(next).toMatchObject({ step: 'apply', feed: { point: { position: at(6) }, parts: [] } })
})

test('O2 a gap means to look again, and the feed goes on behind it', () => {
  expect(steps(heard(5), [commitOf(6, 7, []), commitOf(7, 8, [])])).toEqual(['resync', 'apply'])
})

test('O1 a commit in parts is applied when the last part is there', () => {
  expect(steps(heard(5), [part(5, 6, 0, 3), part(5, 6, 1, 3), part(5, 6, 2, 3)])).toEqual(['wait', 'wait', 'apply'])
})

test('O2 a missing part means to look again, and its other parts bring nothing new', () => {
  expect(steps(heard(5), [part(5, 6, 0, 3), part(5, 6, 2, 3), commitOf(6, 7, [])])).toEqual(['wait', 'resync', 'apply'])
  expect(steps(unheardFeed, [part(5, 6, 1, 3), part(5, 6, 2, 3), commitOf(6, 7, [])])).toEqual([
    'resync',
    'wait',
    'apply',
  ])
})

test('O2 a commit that breaks off and is followed by another means to look again', () => {
  expect(steps(heard(5), [part(5, 6, 0, 2), commitOf(5, 7, []), commitOf(7, 8, [])])).toEqual([
    'wait',
    'resync',
    'apply',
  ])
})

test('O1 what comes twice is applied once', () => {
  expect(steps(heard(5), [commitOf(4, 5, []), part(5, 6, 0, 2), part(5, 6, 0, 2), part(5, 6, 1, 2), mark(6)])).toEqual([
    'wait',
    'wait',
    'wait',
    'apply',
    'wait',
  ])
})

test('O2 a mark, another life and another version mean to look again', () => {
  expect(steps(heard(5), [mark(6)])).toEqual(['resync'])
  expect(steps(heard(5), [mark(5, 'two'), commitOf(5, 6, [], { incarnation: 'two' })])).toEqual(['resync', 'apply'])
  expect(steps(heard(5), [commitOf(5, 6, [], { incarnation: 'two' })])).toEqual(['resync'])
  expect(steps(heard(5), [commitOf(5, 6, [], { version: 2 })])).toEqual(['resync'])
})
