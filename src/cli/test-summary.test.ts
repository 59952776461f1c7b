import { describe, expect, test } from 'bun:test'
import { addOutcomes, readTestSummary } from './test-summary.ts'

const summary = (...counts: string[]) =>
  `(pass) a\n\n${counts.join('\n')}\n 7 expect() calls\nRan 4 tests across 2 files. [8.00ms]\n`

describe('the summary of a test run', () => {
  test('is read from the last lines', () => {
    expect(readTestSummary(summary(' 3 pass', ' 1 skip', ' 0 fail'), 0)).toEqual({
      passedCount: 3,
      failedCount: 0,
      skippedCount: 1,
    })
  })

  test('counts what failed', () => {
    expect(readTestSummary(summary(' 3 pass', ' 2 fail', ' 1 error'), 1).failedCount).toBe(2)
  })

  test('does not count look-alikes that a test printed', () => {
    const printed = ` 99 pass\n${'noise\n'.repeat(20)}${summary(' 3 pass', ' 0 fail')}`
    expect(readTestSummary(printed, 0).passedCount).toBe(3)
  })

  test('is a failure when nothing ran', () => {
    expect(readTestSummary('The following filters did not match any test files', 1).failedCount).toBe(1)
    expect(readTestSummary(summary(' 0 pass', ' 0 fail'), 0)).toMatchObject({ failedCount: 1, reason: 'no test ran' })
  })

  test('is a failure when the run crashed after green tests', () => {
    expect(readTestSummary(summary(' 3 pass', ' 0 fail'), 139)).toMatchObject({ passedCount: 3, failedCount: 1 })
  })

  test('adds up', () => {
    const failed = [{ file: 'a.test.ts', name: 'one', words: '' }]
    const one = { passedCount: 1, failedCount: 2, skippedCount: 3, failed }
    expect(addOutcomes([one, one])).toEqual({
      passedCount: 2,
      failedCount: 4,
      skippedCount: 6,
      failed: [...failed, ...failed],
    })
  })
})
