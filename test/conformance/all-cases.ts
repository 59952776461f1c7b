/** Every case there is. Loads no client, so that the tests can name the cases. */
import { appendEventCases } from './cases/append-events.ts'
import { appendExpectationCases } from './cases/append-expectations.ts'
import { appendRetryCases } from './cases/append-retries.ts'
import type { ConformanceCase } from './conformance-case.ts'

export const allCases: readonly ConformanceCase[] = [
  ...appendExpectationCases,
  ...appendEventCases,
  ...appendRetryCases,
]
