import { expect, test } from 'bun:test'
import { foldText, toSearchText } from './search-text.ts'

test('each value is a line with its name, whatever it is nested in', () => {
  const data = { note: 'Pole 7 is Down', at: { lat: -1.5, lon: null }, crew: ['Ann', { name: 'Bob' }], done: true }
  expect(toSearchText(data).split('\n')).toEqual([
    'note: pole 7 is down',
    'at.lat: -1.5',
    'at.lon: null',
    'crew: ann',
    'crew.name: bob',
    'done: true',
  ])
})

test('capitals and spellings of one letter do not count, in what is asked and in what is looked through', () => {
  expect(toSearchText({ name: 'CAFE\u0301 ﬁx' })).toBe('name: café fix')
  expect(foldText('CAF\u00c9')).toBe('café')
})

test('quotes and backslashes stand as a person typed them', () => {
  expect(toSearchText({ note: 'say "hi" \\ now' })).toBe('note: say "hi" \\ now')
})

test('data without a value has no text', () => {
  expect(toSearchText({})).toBe('')
  expect(toSearchText({ list: [], inner: {} })).toBe('')
})
