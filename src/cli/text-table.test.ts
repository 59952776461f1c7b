import { expect, test } from 'bun:test'
import { toTextList, toTextTable } from './text-table.ts'

test('columns are as wide as their widest cell, numbers stand at the right, and no line ends in blanks', () => {
  const rows = [
    { name: 'a', count: '1' },
    { name: 'longest', count: '1,000' },
  ]
  const table = toTextTable(
    [
      { title: 'name', cell: (row) => row.name },
      { title: 'count', align: 'end', cell: (row) => row.count },
      { title: 'note', cell: () => '' },
    ],
    rows,
  )
  expect(table).toBe(['name     count  note', 'a            1', 'longest  1,000'].join('\n'))
})

test('what a terminal would take for an order is not handed on: words may come from anybody', () => {
  const rows = ['red \u001b[31m', 'two\r\nlines', 'del \u007f']
  expect(toTextTable([{ title: 't', cell: (row) => row }], rows)).toBe('t\nred  [31m\ntwo lines\ndel')
})

test('a list stands below each other', () => {
  expect(
    toTextList([
      ['a', '1'],
      ['bcd', '2'],
    ]),
  ).toBe('a    1\nbcd  2')
  expect(toTextList([])).toBe('')
})
