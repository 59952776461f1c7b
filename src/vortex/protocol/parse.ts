import type * as v from 'valibot'
import { checkValue } from './check-value.ts'

/** The outcome of checking something from outside: the value, or one sentence a person can act on. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly words: string }

const issuesShownMax = 3

/** Checks `input` against a schema; the sentence names wrong fields, what was found and what was wanted. */
export function parseWith<T>(schema: v.GenericSchema<unknown, T>, input: unknown): Parsed<T> {
  const result = checkValue(schema, input)
  if (result.success) return { ok: true, value: result.output }
  const sentences = result.issues.slice(0, issuesShownMax).map(toSentence)
  const rest = result.issues.length - sentences.length
  return { ok: false, words: sentences.join('; ') + (rest > 0 ? `; and ${rest} more` : '') }
}

function toSentence(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map((step) => String(step.key)).join('.')
  const words = issue.message.startsWith('must')
    ? issue.message
    : `found ${issue.received}, wanted ${issue.expected ?? 'another shape'}`
  return path ? `${path} ${words.startsWith('must') ? words : `is wrong: ${words}`}` : words
}
