import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { idOfKey, isKeyOf, makeApiKey } from './api-key.ts'
import { openHeldKeys } from './held-keys.ts'
import { networkOf } from './network-of.ts'
import { createTokenBuckets } from './token-buckets.ts'

const folders: string[] = []
const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'peek-keys-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

describe('a key', () => {
  test('names its id, and proves itself against its hash and no other', () => {
    const [one, other] = [makeApiKey(), makeApiKey()]
    expect(idOfKey(one.key)).toBe(one.id)
    expect([isKeyOf(one, one.key), isKeyOf(one, other.key), isKeyOf(one, '')]).toEqual([true, false, false])
    expect(one.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(one.key).not.toContain(one.hash)
    for (const wrong of ['', 'peek_', one.key.slice(1), `${one.key}x`, one.key.toUpperCase()])
      expect(idOfKey(wrong)).toBeUndefined()
  })

  test('is held on a disk that nobody else reads, as a hash; a damaged file counts as none', () => {
    const file = join(makeFolder(), 'api-keys.json')
    const { id, hash, key } = makeApiKey()
    const held = openHeldKeys({ file, log: silentLog })
    expect(held.keys()).toBeUndefined()
    held.replace({ version: '1', keys: [{ id, hash, name: 'ERP', scopes: [], requestsPerMinute: 1, expiresAt: null }] })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain(key.slice(-43))
    const again = openHeldKeys({ file, log: silentLog })
    expect([again.version(), again.keys()?.get(id)?.name]).toEqual(['1', 'ERP'])
    writeFileSync(file, '{"version":')
    expect(openHeldKeys({ file, log: silentLog }).keys()).toBeUndefined()
  })
})

describe('a bucket', () => {
  test('gives as many at once as it has a minute, then one as often as it fills', () => {
    const clock = createFakeClock(0)
    const buckets = createTokenBuckets(clock, 10)
    const take = () => buckets.take('a', 60)
    const first = Array.from({ length: 61 }, take)
    expect(first.filter(({ ok }) => ok)).toHaveLength(60)
    expect(first.at(-1)).toEqual({ ok: false, left: 0, waitMs: 1_000, fullInMs: 60_000 })
    clock.advance(1_000)
    expect([take().ok, take().ok]).toEqual([true, false])
    clock.advance(3_600_000)
    expect(Array.from({ length: 61 }, take).filter(({ ok }) => ok)).toHaveLength(60)
  })

  test('forgets the name used longest ago when there are too many', () => {
    const buckets = createTokenBuckets(createFakeClock(0), 2)
    for (const name of ['a', 'b', 'a', 'c']) buckets.take(name, 2)
    expect(buckets.look('b', 2).left).toBe(2)
    expect(buckets.look('a', 2).left).toBe(0)
  })
})

test('an address of IPv6 counts as its network, one of IPv4 as itself, however it is written', () => {
  expect(networkOf('10.1.2.3')).toBe('10.1.2.3')
  expect(networkOf('::ffff:10.1.2.3')).toBe('10.1.2.3')
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(networkOf('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64')
  expect(networkOf('::1')).toBe('0:0:0:0::/64')
})
