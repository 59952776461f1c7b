import * as v from 'valibot'
import { wireErrorKinds } from './wire-error.ts'

/**
 * What became of an action (V7). `accepted` and `rejected` are final and recorded; `failed` says "send again":
 * the outcome is not known, and the same action id will get the one true answer.
 */
export const answerSchema = v.variant('outcome', [
  v.strictObject({
    outcome: v.literal('accepted'),
    position: v.string(),
    /** In which way it was done other than asked for. */
    changed: v.optional(v.string()),
  }),
  v.strictObject({ outcome: v.literal('rejected'), kind: v.string(), words: v.string(), position: v.string() }),
  v.strictObject({ outcome: v.literal('failed'), kind: v.picklist(wireErrorKinds), words: v.string() }),
])
export type Answer = v.InferOutput<typeof answerSchema>

/** What a caller of an earlier version understands: to it, an action that was done in another way was done. */
export function withoutChange(answer: Answer): Answer {
  return answer.outcome === 'accepted' ? { outcome: 'accepted', position: answer.position } : answer
}

export function isFinal(answer: Answer): boolean {
  return answer.outcome !== 'failed'
}
