import { describe, expect, test } from 'bun:test'
import type { StoredStream } from '../storage/storage.ts'
import { StreamCache } from './stream-cache.ts'

const stream = (name: string): StoredStream => ({
  id: 1,
  name,
  revision: 0,
  truncateBefore: 0,
  maxCount: undefined,
  maxAgeSeconds: undefined,
  isTombstoned: false,
})

describe('the cache of streams', () => {
  test('holds as many as it may, and keeps what is used', () => {
    const cache = new StreamCache(10)
    cache.keep(stream('used'))
    for (let index = 0; index < 100; index++) {
      cache.keep(stream(`s${index}`))
      expect(cache.find('used')?.name).toBe('used')
      expect(cache.size).toBeLessThanOrEqual(10)
    }
    expect(cache.find('s99')?.name).toBe('s99')
    expect(cache.find('s0')).toBeUndefined()
  })

  test('holds fewer when their names are long', () => {
    const cache = new StreamCache(50_000)
    for (let index = 0; index < 10_000; index++) cache.keep(stream(String(index).padStart(4_000)))
    expect(cache.size).toBeGreaterThan(1_000)
    expect(cache.size).toBeLessThan(2_200)
  })
})
