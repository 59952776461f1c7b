import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from './load-config.ts'
import { getDatabaseUrl, getEventStoreAddress, removeStoreAddresses, saveStoreAddresses } from './stores-file.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'peek-stores-file-'))
})
afterEach(() => rmSync(home, { recursive: true }))
const load = (environment = {}) => loadConfig({ role: 'worker', home, environment })

test('a role without addresses finds the stores that run in its home', () => {
  saveStoreAddresses(home, { databaseUrl: 'postgres://embedded', eventStore: 'kurrentdb://embedded' })
  expect(getDatabaseUrl(load())).toBe('postgres://embedded')
  expect(getEventStoreAddress(load())).toBe('kurrentdb://embedded')
})

test('a configured address goes before the stores of the home', () => {
  saveStoreAddresses(home, { databaseUrl: 'postgres://embedded', eventStore: 'kurrentdb://embedded' })
  expect(getDatabaseUrl(load({ DATABASE_URL: 'postgres://mine' }))).toBe('postgres://mine')
})

test('with neither, the refusal says what to start', () => {
  saveStoreAddresses(home, { databaseUrl: 'postgres://embedded', eventStore: 'kurrentdb://embedded' })
  removeStoreAddresses(home)
  expect(() => getDatabaseUrl(load())).toThrow('Start "bun run up" or "bun run stores"')
})
