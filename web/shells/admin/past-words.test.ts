import { expect, test } from 'bun:test'
import {
  cellWords,
  fromDateInput,
  parseSubject,
  pathWords,
  pickedFields,
  toDateInput,
  toSelector,
} from './past-words.ts'

test('a chosen second is taken to its end, so that what happened in it is in', () => {
  const at = Date.UTC(2026, 10, 17, 13, 5, 7)
  expect(fromDateInput(toDateInput(at))).toBe(new Date(at + 999).toISOString())
  expect(fromDateInput('')).toBeUndefined()
})

test('an address says what is looked at', () => {
  expect(parseSubject('o:tutorial.StringInt')).toEqual({ observable: 'tutorial.StringInt' })
  expect(parseSubject('t:tutorial.string-ints/rows')).toEqual({ projection: 'tutorial.string-ints', table: 'rows' })
  expect(parseSubject('')).toBeUndefined()
  expect(parseSubject('t:tutorial')).toBeUndefined()
})

test('rows are picked by the selector of a screen, or by the key of a table', () => {
  const subjects = {
    observables: [{ name: 'a.B', projection: 'a.c', selectorFields: ['site'], fields: [], keyedBy: ['id'] }],
    projections: [{ id: 'a.c', version: 1, tables: [{ name: 'rows', columns: [], keyedBy: ['id'] }] }],
    categories: [],
  }
  expect(pickedFields(subjects, 'o:a.B')).toEqual(['site'])
  expect(pickedFields(subjects, 't:a.c/rows')).toEqual(['id'])
  expect(pickedFields(undefined, 'o:a.B')).toEqual([])
})

test('what is typed for a selector is a number only where it is written as one', () => {
  expect(toSelector({ id: ' 007 ', count: '7', isOpen: 'true', site: '' })).toEqual({
    id: '007',
    count: 7,
    isOpen: true,
  })
})

test('cells and paths are words', () => {
  expect([cellWords(null), cellWords('a'), cellWords(0), cellWords([1])]).toEqual(['–', 'a', '0', '[1]'])
  expect([pathWords([]), pathWords(['a', 1])]).toEqual(['all of it', 'a › 1'])
})
