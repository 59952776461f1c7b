/** The command `api-keys`, as a process of its own, against the admin API over keys in memory. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '#config/load-config.ts'
import { systemClock } from '#kernel/clock.ts'
import { createFakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import { isKeyOf } from '#rest/keys/api-key.ts'
import type { ApiKeyRow, ApiKeys } from '#rest/keys/api-keys.ts'
import { type AdminDesk, startAdminDesk } from '#support/admin-desk.ts'
import { runPeek } from '#support/run-peek.ts'

let home: string
let desk: AdminDesk
let rows: (ApiKeyRow & { hash: string })[]
let isLeading: boolean

const keys: Pick<ApiKeys, 'list' | 'find' | 'checkRoom' | 'add' | 'revoke'> = {
  checkRoom: async () => undefined,
  list: async () => rows.map(({ hash: _, ...row }) => row).toReversed(),
  find: async (id) => rows.find((row) => row.id === id),
  add: async (made, draft) => void rows.push({ ...draft, ...made, revokedBy: null, revokedAt: null, lastUsedAt: null }),
  revoke: async (id, revokedBy, revokedAt) => {
    rows = rows.map((row) => (row.id === id ? { ...row, revokedBy, revokedAt } : row))
    return true
  },
}
const api = {
  plugin: 'meters',
  title: 'Meters',
  version: '1.0.0',
  scopes: [
    { scope: 'write', routes: ['POST /meters/:meterId/readings'] },
    { scope: 'read', routes: ['GET /meters/:meterId'] },
  ],
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'peek-api-keys-'))
  rows = []
  isLeading = true
  const { username: user, password } = loadConfig({ role: 'logic', home }).values.httpServer.admin.recoveryUser
  const control = createFakeRebuildControl({ clock: systemClock, versions: {}, differences: [] })
  const apiKeys = {
    keys: () => (isLeading ? (keys as ApiKeys) : undefined),
    agents: () => [{ instance: 'a', name: 'agent', zone: 'main', apis: [api] }],
    onChange: () => undefined,
    findRequests: async () => [],
  }
  desk = startAdminDesk({ user, password, control, projections: [], apiKeys })
})
afterEach(async () => {
  await desk[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

const run = (...words: readonly string[]) => runPeek(['api-keys', ...words, '--home', home, '--url', desk.url])
const days = (count: number) => count * 86_400_000

test('a key is made, shown once, listed and revoked; what was decided is recorded with its reason', async () => {
  expect((await run('list')).out).toContain('There are no API keys')
  const made = await run('make', 'Billing system', '--scopes', 'meters:read,meters:write')
  const [key = ''] = made.out.split('\n')
  expect([made.code, made.err]).toEqual([0, ''])
  expect(made.out).toContain('it may meters:read, meters:write, 60 requests a minute')
  const [row] = rows
  expect(row && isKeyOf(row, key)).toBe(true)
  expect(Math.round(((row?.expiresAt ?? 0) - Date.now()) / days(1))).toBe(90)

  const { out } = await run('list')
  expect(out).toMatch(/peek_[0-9a-f]{8}… +Billing system +Works +meters:read, meters:write +60 +never +/)
  expect(out).not.toContain(key)

  expect((await run('revoke', 'Billing system')).err).toContain('--reason')
  expect((await run('revoke', 'Billing system', '--reason', 'it leaked')).err).toContain('say --yes')
  expect((await run('revoke', 'Biling system', '--reason', 'x', '--yes')).err).toContain(
    'did you mean "Billing system"?',
  )
  // All of a key that leaked names it as well.
  const revoked = await run('revoke', key, '--reason', 'it leaked', '--yes')
  expect(revoked.out).toMatch(/^The key of Billing system \(peek_[0-9a-f]{8}…\) counts no more\.$/m)
  expect((await run('revoke', key, '--reason', 'again', '--yes')).out).toContain('was revoked already')
  const gone = await run('revoke', `peek_${'0'.repeat(32)}_secret`, '--reason', 'x', '--yes')
  expect([gone.code, gone.err.includes('secret')]).toEqual([1, false])
  expect((await run('list')).out).toContain('1 revoked key: say --all.')
  expect((await run('list', '--all')).out).toMatch(/Revoked .*, by /)
  expect(desk.store.log.map(({ type, data }) => [type, data.reason])).toEqual([
    ['peek.ApiKeyCreated', undefined],
    ['peek.ApiKeyRevoked', 'it leaked'],
  ])
}, 120_000)

test('for machines each is one object; a scope that nobody asks for is doubted, and one that is none refused', async () => {
  const words = ['--scopes', 'meters:reed', '--per-minute', '5', '--ends', 'never', '--json']
  const made = await run('make', 'Sensor', 'gateway', ...words)
  expect(JSON.parse(made.out)).toMatchObject({
    key: expect.stringMatching(/^peek_/),
    name: 'Sensor gateway',
    scopes: ['meters:reed'],
    requestsPerMinute: 5,
    expiresAt: null,
  })
  expect(made.err).toContain('asks for "meters:reed"; did you mean "meters:read"?')
  expect(JSON.parse((await run('list', '--json')).out)).toMatchObject({ keys: [{ name: 'Sensor gateway' }] })
  expect(JSON.parse((await run('scopes', '--json')).out)).toMatchObject({ scopes: [{ scope: 'meters:write' }, {}] })
  expect((await run('scopes')).out).toMatch(/meters:read +Meters +GET \/meters\/:meterId/)
  expect((await run('make', 'x')).err).toContain('--scopes')
  expect((await run('make', 'x', '--scopes', 'Meters')).err).toContain('<plugin>:<scope>')
  expect((await run('make', 'x', '--scopes', 'a:b', '--ends', 'soon')).err).toContain('--ends is "soon"')
  isLeading = false
  expect((await run('list')).code).toBe(3)
}, 120_000)
