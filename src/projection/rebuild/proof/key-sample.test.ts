import { expect, test } from 'bun:test'
import { createKeySample } from './key-sample.ts'
import { createTableDigest } from './table-digest.ts'

const row = (n: number) => ({ id: `k${n}`, n })

test('P4 a sample holds all keys until they outgrow its size, and half of them after that, again and again', () => {
  const rows = new Map<string, ReturnType<typeof row>>()
  const sample = createKeySample(new Map([['t', rows]]), 20_000)
  const shares = new Set<number>()
  for (let n = 0; n < 2_000; n++) {
    sample.put('t', `k${n}`, row(n))
    shares.add(sample.share())
    expect(sample.count()).toBe(rows.size)
  }
  expect([...shares].slice(0, 4)).toEqual([1, 0.5, 0.25, 0.125])
  expect([...rows.keys()].every((key) => sample.holds('t', key))).toBe(true)
  const held = Array.from({ length: 2_000 }, (_, n) => `k${n}`).filter((key) => sample.holds('t', key))
  expect(new Set(held)).toEqual(new Set(rows.keys()))
})

test('rows that are gone make room', () => {
  const rows = new Map<string, ReturnType<typeof row>>()
  const sample = createKeySample(new Map([['t', rows]]), 20_000)
  for (let n = 0; n < 2_000; n++) {
    sample.put('t', `k${n}`, row(n))
    sample.put('t', `k${n}`, undefined)
  }
  expect([sample.share(), sample.count(), rows.size]).toEqual([1, 0, 0])
})

test('P4 a digest is the same in any order, and another for one value, one row more or one twice', () => {
  const digest = (...rows: { [name: string]: number | string | { a: number; b: number } }[]) => {
    const made = createTableDigest()
    for (const one of rows) made.add(one)
    return `${made.rowCount()} ${made.hex()}`
  }
  const [a, b] = [
    { id: 'a', n: { a: 1, b: 2 } },
    { id: 'b', n: 2 },
  ]
  expect(digest(a, b)).toBe(digest(b, { n: { b: 2, a: 1 }, id: 'a' }))
  const others = [digest(a), digest(a, a), digest(a, b, b), digest(a, { id: 'b', n: 3 }), digest()]
  expect(new Set([digest(a, b), ...others]).size).toBe(6)
})
