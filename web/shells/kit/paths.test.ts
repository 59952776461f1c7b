import { expect, test } from 'bun:test'
import { isPathUnder, screenHref } from './paths.ts'

test('a screen lives under its plugin, however its manifest spells the slashes', () => {
  expect(['', '/'].map((path) => screenHref('inbox', path))).toEqual(['/p/inbox', '/p/inbox'])
  expect(['tasks/:id', '/tasks/:id/'].map((path) => screenHref('inbox', path))).toEqual([
    '/p/inbox/tasks/:id',
    '/p/inbox/tasks/:id',
  ])
  expect(screenHref('inbox', '/p/other/page')).toBe('/p/other/page')
})

test('a path is under a folder by whole names', () => {
  expect(isPathUnder('/p/inbox', '/p/inbox')).toBe(true)
  expect(isPathUnder('/p/inbox/tasks', '/p/inbox')).toBe(true)
  expect(isPathUnder('/p/inbox-two', '/p/inbox')).toBe(false)
})
