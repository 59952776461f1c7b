import { expect, test } from 'bun:test'
import { checkFilter, toServerFilter } from './server-filter.ts'

test('without a filter the store’s own events stay where they are', () => {
  const filter = toServerFilter(undefined)
  expect(filter).toMatchObject({ filterOn: 'eventType' })
  const pattern = new RegExp('regex' in filter ? filter.regex : '')
  expect(['inbox.TaskDone', '$metadata', '$>'].filter((type) => pattern.test(type))).toEqual(['inbox.TaskDone'])
})

test('a filter asked for is the server’s to apply', () => {
  expect(toServerFilter({ on: 'stream', prefixes: ['inbox.'] })).toMatchObject({
    filterOn: 'streamName',
    prefixes: ['inbox.'],
  })
  expect(toServerFilter({ on: 'type', regex: '^a' })).toMatchObject({ filterOn: 'eventType', regex: '^a' })
})

test('a filter no server would take is refused at once', () => {
  expect(() => checkFilter({ on: 'type', prefixes: [] })).toThrow('empty')
  expect(() => checkFilter({ on: 'type', prefixes: [''] })).toThrow('empty')
  expect(() => checkFilter({ on: 'type', regex: '(' })).toThrow('not a regular expression')
  expect(() => checkFilter({ on: 'type', regex: '^inbox' })).not.toThrow()
})
