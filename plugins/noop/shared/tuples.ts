import { defineTuple, instant, integer, nullable, oneOf, text, uuid } from '#plugin-api/shared'
import { outcomes } from './actions.ts'

/** A number that checks and people add to; `reactions` counts what the reactor did about it. */
export const Counter = defineTuple('noop.Counter', { id: uuid(), value: integer(), reactions: integer() })

export const runStates = ['running', 'finished', 'interrupted'] as const

/** One run of the checks, as the page lists them. */
export const Run = defineTuple('noop.Run', {
  id: uuid(),
  by: text(),
  state: oneOf(runStates),
  words: text(),
  checkCount: integer(),
  greenCount: integer(),
  redCount: integer(),
  beganAt: instant(),
  endedAt: nullable(instant()),
})

/** What one check found in one run. */
export const CheckResult = defineTuple('noop.CheckResult', {
  id: text(),
  runId: uuid(),
  check: text(),
  outcome: oneOf(outcomes),
  reason: text(),
  tookMs: integer(),
})
