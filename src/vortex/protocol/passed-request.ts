import * as v from 'valibot'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { type Parsed, parseWith } from './parse.ts'
import { shortText } from './principal.ts'
import { observeSchema } from './up.ts'

/**
 * Whether a state has passed a position of the log where no patch will say so: what stands there changes no row of the
 * selector, or is nothing its read model reads. Asked by a device that shows what it expects of an accepted action.
 */
export const passedRequestName = 'peek.passed'

const positionText = v.pipe(v.string(), v.regex(/^\d{20}(\.\d{20})?$/, 'must be a position of the log'))

const passedSchema = v.object({ name: shortText, selector: observeSchema.entries.selector, position: positionText })
export type PassedQuestion = v.InferOutput<typeof passedSchema>

export function parsePassedRequest(body: string): Parsed<PassedQuestion> {
  return parseWith(passedSchema, tryParseJson(body))
}

/** What a device that watches the selector has been sent by then includes the position, or does not yet. */
export function encodePassedReply(isPassed: boolean): string {
  return JSON.stringify({ passed: isPassed })
}

export function isPassedReply(body: string): boolean {
  const found = tryParseJson(body)
  return isJsonObject(found) && found.passed === true
}

/** What a service asks logic for that: how far the read model of an observable has looked through the log. */
export const lookedRequestName = 'peek.looked'
export const lookedRequestSchema = v.strictObject({ name: shortText, position: positionText })

const lookedSchema = v.variant('looked', [
  /** Not that far yet. */
  v.strictObject({ looked: v.literal('not-yet') }),
  /** Whoever has its changes up to this point lacks none up to the position asked for. */
  v.strictObject({
    looked: v.literal('through'),
    incarnation: v.string(),
    version: v.number(),
    position: positionText,
  }),
  /** It does not follow the log. */
  v.strictObject({ looked: v.literal('elsewhere') }),
])
export type Looked = v.InferOutput<typeof lookedSchema>

export function parseLooked(body: string): Parsed<Looked> {
  return parseWith(lookedSchema, tryParseJson(body))
}
