import { expect, test } from 'bun:test'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import type { Row } from './row.ts'
import {
  addDigests,
  digestFromHex,
  digestRow,
  digestRows,
  digestToHex,
  emptyDigest,
  hashOfRows,
  type RowsDigest,
  subtractDigest,
} from './rows-digest.ts'

const a = { id: 'a', n: 1, list: [{ x: 1, y: null }] }
const b = { id: 'b', n: 2, list: [] }

test('the order of rows, of their fields and of absent fields says nothing', () => {
  expect(digestRows([a, b])).toEqual(digestRows([b, a]))
  expect(digestRow({ n: 1, list: [{ y: null, x: 1 }], id: 'a' })).toEqual(digestRow(a))
  expect(digestRow(JSON.parse(JSON.stringify({ ...a, gone: undefined })) as Row)).toEqual(digestRow(a))
})

test('sums of parts add up to the whole, and what is taken away leaves the rest', () => {
  expect(addDigests(digestRow(a), digestRow(b))).toEqual(digestRows([a, b]))
  expect(subtractDigest(digestRows([a, b]), digestRow(a))).toEqual(digestRow(b))
  expect(subtractDigest(digestRow(a), digestRow(a))).toEqual(emptyDigest)
})

test('a digest survives being written down', () => {
  const digest = digestRows([a, b])
  expect(digestFromHex(digestToHex(digest))).toEqual(digest)
  expect(digestFromHex(digestToHex(emptyDigest))).toEqual(emptyDigest)
  for (const text of ['', 'xyz', '0123456789abcde', '0123456789ABCDEF']) expect(digestFromHex(text)).toBeUndefined()
})

test('rows under other keys or in another order do not hash to the same', () => {
  const state = { digest: digestRows([a]), count: 1, keyedBy: ['id'], orderBy: ['n'] }
  expect(hashOfRows(state)).toBe(hashOfRows({ ...state }))
  const others = [{ count: 2 }, { keyedBy: ['n'] }, { orderBy: [] }, { keyedBy: ['id', 'n'], orderBy: [] }]
  expect(new Set([{}, ...others].map((other) => hashOfRows({ ...state, ...other }))).size).toBe(5)
})

test('a hundred thousand rows that differ a little have as many digests, and as many of each half of eight bits', () => {
  const seen = new Set<string>()
  const buckets = [0, 1, 2, 3].map(() => new Uint32Array(256))
  for (let n = 0; n < 100_000; n++) {
    const [high, low] = digestRow({ id: `row-${n}`, n: n % 3 })
    seen.add(digestToHex([high, low]))
    for (const [place, part] of [high >>> 24, high & 255, low >>> 24, low & 255].entries()) {
      const bucket = buckets[place]
      if (bucket) bucket[part] = (bucket[part] ?? 0) + 1
    }
  }
  expect(seen.size).toBe(100_000)
  // 390 are expected in each, give or take 20.
  for (const bucket of buckets) expect(Math.max(...bucket) - Math.min(...bucket)).toBeLessThan(250)
})

test('kept up row by row through random edits, it is that of the rows there are', () => {
  const seed = 20_261_122
  const random = createSeededRandom(seed)
  const rows = new Map<string, Row>()
  let digest: RowsDigest = emptyDigest
  for (let step = 0; step < 5_000; step++) {
    const id = `r${Math.floor(random() * 50)}`
    const before = rows.get(id)
    if (before) digest = subtractDigest(digest, digestRow(before))
    rows.delete(id)
    if (random() < 0.3) continue
    const row = { id, n: Math.floor(random() * 5), word: pickOne(random, ['x', 'y', null]) }
    rows.set(id, row)
    digest = addDigests(digest, digestRow(row))
  }
  expect(digest, `seed ${seed}`).toEqual(digestRows(rows.values()))
})
