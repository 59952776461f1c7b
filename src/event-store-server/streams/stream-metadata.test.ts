import { describe, expect, test } from 'bun:test'
import { createSeededRandom } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import { deletedBefore } from '../storage/storage.ts'
import { parseVisibility, withTruncateBefore } from './stream-metadata.ts'

const rewritten = (text: string, truncateBefore = 7) =>
  withTruncateBefore(Buffer.from(text), truncateBefore).toString('utf8')

describe('metadata with another truncation', () => {
  test('keep every other key as it was written', () => {
    expect(rewritten('{"id":12345678901234567890,"price":1.10,"exp":1E3}')).toBe(
      '{"id":12345678901234567890,"price":1.10,"exp":1E3,"$tb":7}',
    )
    expect(rewritten(' { "a" : [1, {"$tb": 2}] ,"$tb":5, "ü\\u00fc" : "}, {\\"" } ')).toBe(
      '{"a" : [1, {"$tb": 2}],"ü\\u00fc" : "}, {\\"","$tb":7}',
    )
    expect(rewritten('{"\\u0024tb":5,"10":0,"b":0,"1":0}')).toBe('{"10":0,"b":0,"1":0,"$tb":7}')
  })

  test('may be deep, empty, missing or no JSON at all', () => {
    const deep = `{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`
    expect(rewritten(deep)).toBe(`${deep.slice(0, -1)},"$tb":7}`)
    for (const text of ['', '{}', ' { } ', '[]', 'null', '{"a":']) expect(rewritten(text)).toBe('{"$tb":7}')
    expect(withTruncateBefore(undefined, deletedBefore).toString()).toBe('{"$tb":9223372036854775807}')
  })

  test('keep bytes that are no text', () => {
    const odd = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}')])
    const wanted = Buffer.concat([odd.subarray(0, -1), Buffer.from(',"$tb":7}')])
    expect(withTruncateBefore(odd, 7).equals(wanted)).toBe(true)
  })

  const seed = testSeed()
  test(`mean the same but for the truncation, with seed ${seed}`, () => {
    const random = createSeededRandom(seed)
    const upTo = (limit: number) => Math.floor(random() * limit)
    const words = ['', '$tb', '"', '\\', '{', '}', '[,]', 'ü', '\u2028', '$maxCount', '__proto__']
    const any = (depth: number): unknown => {
      const kind = upTo(depth > 3 ? 4 : 6)
      if (kind === 4) return Array.from({ length: upTo(4) }, () => any(depth + 1))
      if (kind === 5) return anyObject(depth + 1)
      return [null, true, upTo(1e9) / 8, words[upTo(words.length)]][kind]
    }
    const anyObject = (depth: number) =>
      Object.fromEntries(Array.from({ length: upTo(5) }, () => [words[upTo(words.length)], any(depth)]))
    for (let round = 0; round < 2_000; round++) {
      const object = anyObject(0)
      const text = JSON.stringify(object, undefined, upTo(3))
      const { $tb: _, ...rest } = object
      expect(JSON.parse(rewritten(text))).toEqual({ ...rest, $tb: 7 })
      expect(parseVisibility(Buffer.from(rewritten(text, deletedBefore))).truncateBefore).toBe(deletedBefore)
    }
  })
})
