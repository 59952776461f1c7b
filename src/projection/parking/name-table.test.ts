import { expect, test } from 'bun:test'
import { createNameTable } from './name-table.ts'

test('a name keeps its number, however many come', () => {
  const table = createNameTable()
  const names = Array.from({ length: 50_000 }, (_, index) => `row counters c-${index}`)
  expect(table.find('row counters c-0')).toBeUndefined()
  expect(names.map((name) => table.take(name))).toEqual(names.map((_, index) => index))
  expect(names.every((name, index) => table.take(name) === index && table.find(name) === index)).toBe(true)
})
