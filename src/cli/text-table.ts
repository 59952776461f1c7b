/** A table of words for a terminal: columns as wide as their widest cell, numbers to the right. */
export type TextColumn<T> = {
  readonly title: string
  readonly align?: 'end'
  cell(row: T): string
}

const gap = '  '

export function toTextTable<T>(columns: readonly TextColumn<T>[], rows: readonly T[]): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((column) => onOneLine(column.cell(row)))),
  ]
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)))
  const toCell = (text: string, index: number): string => {
    const width = widths[index] ?? 0
    return columns[index]?.align === 'end' ? text.padStart(width) : text.padEnd(width)
  }
  return cells.map((line) => line.map(toCell).join(gap).trimEnd()).join('\n')
}

/** Without control characters, which move the cursor or worse. */
function onOneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}

/** Names and what belongs to them, below each other. */
export function toTextList(entries: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(width)}${gap}${value}`).join('\n')
}
