import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createJobLines } from './job-lines.ts'

const line = (words: string) => ({ at: 1, level: 'info', words })

test('lines are taken once, in order', () => {
  const lines = createJobLines(createFakeClock())
  lines.add(line('a'))
  lines.add(line('b'))
  expect(lines.take().map(({ words }) => words)).toEqual(['a', 'b'])
  expect(lines.isEmpty()).toBe(true)
})

test('O5 of a flood the last ones are kept, and how many were left out', () => {
  const lines = createJobLines(createFakeClock())
  for (let n = 0; n < 100_000; n++) lines.add(line(`line ${n}`))
  const taken = lines.take()
  expect(taken).toHaveLength(101)
  expect(taken[0]?.words).toStartWith('99900 lines were left out')
  expect(taken.at(-1)?.words).toBe('line 99999')
})

test('O5 a line without an end is cut', () => {
  const lines = createJobLines(createFakeClock())
  lines.add(line('x'.repeat(1_000_000)))
  expect(lines.take()[0]?.words.length).toBeLessThan(1_100)
})
