import { describe, expect, test } from 'bun:test'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { findJsonFault } from './json-fault.ts'

describe('the place of a JSON fault', () => {
  test.each([
    ['{"a": 1,}', 1, 9],
    ['{"a" 1}', 1, 6],
    ['[1 2]', 1, 4],
    ['{\n"a": "open\n}', 2, 6],
    ['', 1, 1],
    ['{} x', 1, 4],
    ['[1, 2', 1, 6],
  ])('%j is line %d, column %d', (text, line, column) => {
    expect(findJsonFault(text)).toMatchObject({ line, column })
  })

  test('agrees with the engine on texts mangled at random', () => {
    const seed = 20_26
    const random = createSeededRandom(seed)
    const sound = JSON.stringify({ a: [1, -2.5e3, true, null], b: { c: 'té\n"x"', d: {} } })
    for (let round = 0; round < 2_000; round++) {
      const at = Math.floor(random() * sound.length)
      const mangled =
        sound.slice(0, at) + pickOne(random, ['', ',', '"', '{', '}', '0', ' ', '\\', '\u0001']) + sound.slice(at + 1)
      const fault = findJsonFault(mangled)
      if (fault) expect([mangled, fault.words.startsWith('SyntaxError')]).toEqual([mangled, false])
      else expect(() => JSON.parse(mangled)).not.toThrow()
    }
  })
})
