import { defineJob, integer } from '#plugin-api/shared'

const numberMax = 1_000

/**
 * Every five seconds a random number for a worker to negate. What was missed while nothing ran is nobody's loss, and the
 * work of people goes first.
 */
export const NegateNumber = defineJob('tutorial.NegateNumber', {
  input: { number: integer() },
  output: { negated: integer() },
  timeoutMs: 10_000,
  priority: 'low',
  schedule: { everyMs: 5_000, missed: 'skip', input: () => ({ number: 1 + Math.floor(Math.random() * numberMax) }) },
})
