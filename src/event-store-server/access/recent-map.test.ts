import { expect, test } from 'bun:test'
import { RecentMap } from './recent-map.ts'

test('remembers what is used and forgets what is not, within its bound', () => {
  const recent = new RecentMap<number>(100)
  for (let index = 0; index < 10_000; index++) {
    recent.keep(`key-${index}`, index)
    expect(recent.find('key-0')).toBe(0)
  }
  expect(recent.size).toBeLessThanOrEqual(100)
  expect(recent.find('key-9999')).toBe(9_999)
  expect(recent.find('key-5000')).toBeUndefined()
})

test('forgets what it is told to, however long ago it was used', () => {
  const recent = new RecentMap<string>(4)
  for (const key of ['a', 'b', 'c']) recent.keep(key, key)
  recent.forget('a')
  recent.forget('c')
  expect(['a', 'b', 'c'].map((key) => recent.find(key))).toEqual([undefined, 'b', undefined])
})
