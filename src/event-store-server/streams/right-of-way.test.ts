import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { nextTurn } from './read-sink.ts'
import { RightOfWay } from './right-of-way.ts'

const page = { eventCountMax: 256, sizeBytesMax: 262_144 }

test('while nobody asks for anything, the background reads whole pages without a rest', async () => {
  const way = new RightOfWay(createFakeClock(1_000), page)
  expect(way.pageLimits).toEqual(page)
  await way.giveWay(2)
})

test('beside others the background reads short pages, and rests longer than it works', async () => {
  const clock = createFakeClock(1_000)
  const way = new RightOfWay(clock, page)
  way.noteAsked()
  expect(way.pageLimits.eventCountMax).toBeLessThan(page.eventCountMax)
  let isOn = false
  const rested = way.giveWay(2).then(() => {
    isOn = true
  })
  clock.advance(31)
  await nextTurn()
  expect(isOn).toBe(false)
  clock.advance(1)
  await rested
})

test('the background goes on under others without an end', async () => {
  const clock = createFakeClock(1_000)
  const way = new RightOfWay(clock, page)
  for (let piece = 0; piece < 100; piece++) {
    way.noteAsked()
    const rested = way.giveWay(1_000)
    for (let passedMs = 0; passedMs < 64; passedMs++) {
      way.noteAsked()
      clock.advance(1)
    }
    await rested
  }
})

test('the background has the thread for itself again a moment after the last who asked', async () => {
  const clock = createFakeClock(1_000)
  const way = new RightOfWay(clock, page)
  way.noteAsked()
  clock.advance(50)
  expect(way.pageLimits).toEqual(page)
  await way.giveWay(2)
})

test('a clock that is put back does not keep the background waiting for it', () => {
  let now = 1_000_000
  const way = new RightOfWay({ now: () => now, after: () => () => undefined }, page)
  way.noteAsked()
  now = 0
  expect(way.pageLimits).toEqual(page)
})
