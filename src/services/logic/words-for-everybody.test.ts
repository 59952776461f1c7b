import { expect, test } from 'bun:test'
import { PlatformError } from '#kernel/platform-error.ts'
import { wordsForEverybody } from './words-for-everybody.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' })

test.each([
  ['a database that is away', refused, 'The database cannot be reached just now.'],
  [
    'a failure in words of ours',
    new PlatformError('timeout', 'It took too long.', { cause: refused }),
    'It took too long.',
  ],
  ['a bug', new Error('x of undefined'), 'Logic cannot work just now; its log says why.'],
])('V5 devices hear of %s without its details', (_, error, words) => {
  expect(wordsForEverybody(error)).toBe(words)
})
