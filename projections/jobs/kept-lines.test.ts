import { expect, test } from 'bun:test'
import { type KeptLines, keepNewest, keptLineCharsMax, keptLineCountMax } from './kept-lines.ts'

const none: KeptLines = { lines: '[]', droppedLineCount: 0 }
const linesOf = (count: number, words = 'a line') =>
  Array.from({ length: count }, (_, at) => ({ at, level: 'info', words }))

test('the newest lines of a log are kept, and how many came before them is known', () => {
  const first = keepNewest(none, linesOf(150))
  const second = keepNewest(first, linesOf(150, 'later'))
  const kept = JSON.parse(second.lines)
  expect(kept).toHaveLength(keptLineCountMax)
  expect(kept.at(-1).words).toBe('later')
  expect(second.droppedLineCount).toBe(100)
})

test('long lines are fewer, but the last one is always there', () => {
  const kept = keepNewest(none, linesOf(10, 'x'.repeat(keptLineCharsMax / 4)))
  expect(JSON.parse(kept.lines)).toHaveLength(3)
  expect(JSON.parse(keepNewest(kept, linesOf(1, 'x'.repeat(keptLineCharsMax * 2))).lines)).toHaveLength(1)
})
