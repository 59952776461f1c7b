import { expect, test } from 'bun:test'
import { isSameHost } from './allowed-origin.ts'

test('a page may dial the host it came from, and programs have no origin', () => {
  expect(isSameHost('http://peek.example:8000', 'peek.example:8000')).toBe(true)
  expect(isSameHost(null, 'peek.example')).toBe(true)
  for (const origin of ['http://peek.example', 'http://evil.example:8000', 'null', '']) {
    expect(isSameHost(origin, 'peek.example:8000')).toBe(false)
  }
})
