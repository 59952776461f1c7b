/** Lines of a try's log as its row keeps them: the newest ones, so many and so long at most. */
export type LogLine = { readonly at: number; readonly level: string; readonly words: string }
export type KeptLines = { readonly lines: string; readonly droppedLineCount: number }

export const keptLineCountMax = 200
export const keptLineCharsMax = 16_000

export function keepNewest({ lines, droppedLineCount }: KeptLines, added: readonly LogLine[]): KeptLines {
  if (added.length === 0) return { lines, droppedLineCount }
  const before = JSON.parse(lines) as LogLine[]
  const all = [...before, ...added]
  let chars = 0
  let count = 0
  for (const { words, level } of all.toReversed()) {
    chars += words.length + level.length + lineOverheadChars
    if (count === keptLineCountMax || (chars > keptLineCharsMax && count > 0)) break
    count++
  }
  const kept = all.slice(all.length - count)
  return { lines: JSON.stringify(kept), droppedLineCount: droppedLineCount + all.length - count }
}

const lineOverheadChars = 40

/** What Postgres takes as text: no NUL, no half characters. */
export function cleanText(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').toWellFormed()
}
