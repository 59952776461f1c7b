import { expect, test } from 'bun:test'
import { createSeededRandom } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import { compileRegex } from './linear-regex.ts'

const texts = [
  '',
  '$settings',
  'changes-a.b',
  'jobs-x',
  'peek.Plugins',
  'peekaboo',
  'orders-1',
  'a)b',
  'x|y',
  '|',
  ')',
  '$',
]

test('an expression that begins by excluding beginnings matches as the engine of JavaScript says', () => {
  for (const regex of [
    '^(?!changes-)',
    '^(?!changes-|jobs-|\\$|peek\\.)',
    '^(?!\\$).*',
    '^(?!peek\\.)[a-z]+',
    '^(?!(?:a\\)|x\\|)b)o',
    '^(?![)|])',
    '^(?!)(?:o|p)',
  ]) {
    const matches = compileRegex(regex)
    const reference = new RegExp(regex)
    for (const text of texts) expect([regex, text, matches(text)]).toEqual([regex, text, reference.test(text)])
  }
})

test('random exclusions agree with the engine of JavaScript', () => {
  const seed = testSeed()
  const random = createSeededRandom(seed)
  const pick = (from: string) => from[Math.floor(random() * from.length)] ?? ''
  const word = (from: string) => Array.from({ length: Math.floor(random() * 4) }, () => pick(from)).join('')
  for (let round = 0; round < 500; round++) {
    const regex = `^(?!${word('ab.')}|${word('ab')}[${pick('ab')})]|${word('ba')})${word('ab.')}`
    const matches = compileRegex(regex)
    const text = word('ab)')
    expect([seed, regex, text, matches(text)]).toEqual([seed, regex, text, new RegExp(regex).test(text)])
  }
})

test('other look-aheads are refused in words, not misunderstood', () => {
  for (const regex of ['^(?!a)b|c', 'a(?!b)', '^(?=a)', '^(?!a(?!b))', '^(?!a'])
    expect(() => compileRegex(regex)).toThrow('Write it differently')
})
