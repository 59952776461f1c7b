import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findLogicAddress, removeLogicAddress, saveLogicAddress, toLocalUrl } from './logic-address.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'peek-logic-address-'))
})
afterEach(() => rmSync(home, { recursive: true }))

test('the logic of a home is found as long as it runs there, and its predecessor takes nothing away', () => {
  expect(findLogicAddress(home)).toBeUndefined()
  saveLogicAddress(home, 'http://127.0.0.1:1')
  saveLogicAddress(home, 'http://127.0.0.1:2')
  removeLogicAddress(home, 'http://127.0.0.1:1')
  expect(findLogicAddress(home)).toBe('http://127.0.0.1:2')
  removeLogicAddress(home, 'http://127.0.0.1:2')
  expect(findLogicAddress(home)).toBeUndefined()
})

test.each(['', '{"url":', '{"url":5}', '{"url":"nowhere"}'])('an address kept as %p is none', (text) => {
  saveLogicAddress(home, 'http://127.0.0.1:1')
  writeFileSync(join(home, 'run/logic.json'), text)
  expect(findLogicAddress(home)).toBeUndefined()
})

test.each([
  ['127.0.0.1', 'http://127.0.0.1:80'],
  ['localhost', 'http://127.0.0.1:80'],
  ['0.0.0.0', 'http://127.0.0.1:80'],
  ['::', 'http://[::1]:80'],
  ['::1', 'http://[::1]:80'],
  ['peek.example', 'http://peek.example:80'],
])('a site that listens on %s is reached from this machine at %s', (host, url) => {
  expect(toLocalUrl(host, 80)).toBe(url)
})
