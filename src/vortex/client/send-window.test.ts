import { expect, test } from 'bun:test'
import { createSendWindow } from './send-window.ts'

const limits = { countStart: 16, countMax: 256, sizeMax: 1_000 }

/** How many may be under way. */
function countOf(window: ReturnType<typeof createSendWindow>): number {
  let count = 0
  while (window.hasRoom(count, 0)) count++
  return count
}

test('answers that come soon double the window with each round, up to its bound', () => {
  const window = createSendWindow(limits)
  const rounds: number[] = []
  for (let round = 0; round < 6; round++) {
    rounds.push(countOf(window))
    for (let answer = countOf(window); answer > 0; answer--) window.onAnswer(50)
  }
  expect(rounds).toEqual([16, 32, 64, 128, 256, 256])
})

test('answers that come late make it no larger', () => {
  const window = createSendWindow(limits)
  for (let answer = 0; answer < 100; answer++) window.onAnswer(1_500)
  expect(countOf(window)).toBe(16)
})

test('a round that was too much halves it once, and then it grows by one a round', () => {
  const window = createSendWindow(limits)
  for (let refused = 0; refused < 16; refused++) window.onOverload(10, 60)
  expect(countOf(window)).toBe(8)
  for (let answer = 0; answer < 9; answer++) window.onAnswer(50)
  expect(countOf(window)).toBe(9)
  window.onOverload(70, 120)
  expect(countOf(window)).toBe(4)
  window.onOverload(130, 180)
  expect(countOf(window)).toBe(4)
})

test('when nobody is there a few tries go on, and it is soon as large again as it was', () => {
  const window = createSendWindow(limits)
  window.onAway(10, 60)
  window.onAway(20, 70)
  expect(countOf(window)).toBe(4)
  for (let answer = 0; answer < 60; answer++) window.onAnswer(50)
  expect(countOf(window)).toBe(64)
})

test('characters under way are bounded too, and what is larger than all of that goes alone', () => {
  const window = createSendWindow(limits)
  expect(window.hasRoom(1, 999)).toBe(true)
  expect(window.hasRoom(1, 1_000)).toBe(false)
  expect(window.hasRoom(0, 0)).toBe(true)
})

test('a new connection begins anew, within its own bound', () => {
  const window = createSendWindow(limits)
  window.onOverload(10, 60)
  window.reset(12)
  expect(countOf(window)).toBe(12)
  window.reset(1_000)
  expect(countOf(window)).toBe(16)
})
