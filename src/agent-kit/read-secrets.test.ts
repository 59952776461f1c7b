import { afterEach, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from '#vortex/protocol/fields.ts'
import { readSecrets } from './read-secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
const file = join(folder, 'secrets.json')
afterEach(() => rmSync(file, { force: true }))
const read = () => readSecrets({ files: () => folder }, { key: text({ lengthMin: 8 }) })
const write = (value: object, mode = 0o600) => {
  writeFileSync(file, JSON.stringify(value))
  chmodSync(file, mode)
}

test('secrets come from a file of the plugin on this machine', () => {
  write({ key: 'long-enough' })
  expect(read()).toEqual({ key: 'long-enough' })
})

test('a file that is missing, open to others or incomplete is refused with what to do, and without its values', () => {
  expect(read).toThrow('write it as a JSON object with key')
  write({ key: 'long-enough' }, 0o644)
  expect(read).toThrow('chmod 600')
  write({ key: 'short' })
  expect(read).toThrow('wanted a JSON object with key')
  expect(read).not.toThrow('short')
})
