/** Reads the outcome of `bun test` from what it prints last. */
import type { FailedTest } from './failed-tests.ts'

export type Outcome = {
  readonly passedCount: number
  readonly failedCount: number
  readonly skippedCount: number
  /** Why something counts as failed that no test names. */
  readonly reason?: string
  /** Those that a test names. */
  readonly failed?: readonly FailedTest[]
}

/**
 * The counts stand on lines of their own before "Ran N tests across M files"; a file that could not be loaded counts as
 * failed there. Earlier look-alikes, printed by tests, are not taken.
 */
export function readTestSummary(printed: string, exitCode: number | null): Outcome {
  const plain = Bun.stripANSI(printed)
  const end = plain.lastIndexOf('\nRan ')
  if (end < 0) return oneFailure(`ended with code ${exitCode} before any test ran: ${lastWords(plain)}`)
  const lines = plain.slice(0, end).split('\n').slice(-8)
  const countOf = (word: string) =>
    lines
      .map((line) => new RegExp(`^ *(\\d+) ${word}s?$`).exec(line)?.[1])
      .reduce((sum, count) => sum + Number(count ?? 0), 0)
  const counts = {
    passedCount: countOf('pass'),
    failedCount: countOf('fail'),
    skippedCount: countOf('skip') + countOf('todo'),
  }
  if (counts.passedCount + counts.failedCount === 0) return oneFailure('no test ran')
  if (exitCode !== 0 && counts.failedCount === 0) {
    return {
      ...counts,
      failedCount: 1,
      reason: `ended with code ${exitCode} although no test failed: ${lastWords(plain)}`,
    }
  }
  return counts
}

export function addOutcomes(outcomes: readonly Outcome[]): Outcome {
  const sum = (pick: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0)
  return {
    passedCount: sum((outcome) => outcome.passedCount),
    failedCount: sum((outcome) => outcome.failedCount),
    skippedCount: sum((outcome) => outcome.skippedCount),
    failed: outcomes.flatMap((outcome) => outcome.failed ?? []),
  }
}

function oneFailure(reason: string): Outcome {
  return { passedCount: 0, failedCount: 1, skippedCount: 0, reason }
}

function lastWords(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ') || 'it said nothing'
}
