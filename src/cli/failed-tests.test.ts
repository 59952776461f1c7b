import { describe, expect, test } from 'bun:test'
import { describeFailedTests, FailedTestReader } from './failed-tests.ts'

const printed = `
src/a.test.ts:
noise of a test that passes
(pass) a group > holds [0.41ms]
12 | expect(one).toBe(two)
error: expect(received).toBe(expected)
      at src/a.test.ts:12:3
(fail) a group > breaks [1.20s]

web/b.test.tsx:
(pass) draws
(fail) waits [30000.10ms]
  ^ this test timed out after 30000ms.
(skip) later

2 tests failed:
(fail) a group > breaks [1.20s]
(fail) waits [30000.10ms]
  ^ this test timed out after 30000ms.

 2 pass
`

const read = (pieces: readonly string[]) => {
  const reader = new FailedTestReader()
  for (const piece of pieces) reader.take(piece)
  return reader.failed
}

describe('what failed in a test run', () => {
  test('is told with its file, its group and its error, and with nothing of the tests beside it', () => {
    expect(read([printed])).toEqual([
      {
        file: 'src/a.test.ts',
        name: 'a group > breaks',
        words: '12 | expect(one).toBe(two)\nerror: expect(received).toBe(expected)\n      at src/a.test.ts:12:3',
      },
      { file: 'web/b.test.tsx', name: 'waits', words: '^ this test timed out after 30000ms.' },
    ])
  })

  test('is the same however the output is cut into pieces', () => {
    for (const length of [1, 7, 64])
      expect(read(printed.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [])).toEqual(read([printed]))
  })

  test('is found in coloured output as well', () => {
    const coloured = printed.replace('(fail) waits', '\x1b[31m(fail)\x1b[0m waits')
    expect(read([coloured])).toEqual(read([printed]))
  })

  test('keeps the end of a test that printed much', () => {
    const [failed] = read([`${'x'.repeat(90)}\n`.repeat(5_000), 'error: the reason\n(fail) much\n'])
    expect(failed?.words).toEndWith('error: the reason')
    expect(failed?.words.length).toBeLessThan(4_100)
  })

  test('is written with each error under its name', () => {
    expect(describeFailedTests(read([printed]))).toBe(
      [
        '(fail) src/a.test.ts: a group > breaks',
        '    12 | expect(one).toBe(two)',
        '    error: expect(received).toBe(expected)',
        '          at src/a.test.ts:12:3',
        '',
        '(fail) web/b.test.tsx: waits',
        '    ^ this test timed out after 30000ms.',
      ].join('\n'),
    )
  })
})
