import * as v from 'valibot'
import { principalSchema, shortText } from './principal.ts'
import { wireErrorSchema } from './wire-error.ts'

/**
 * Frames of requests, the same in both directions: whoever dialled asks, and is asked.
 *
 *     ask {req}  ---------------------------->        a body above `partSize` follows its head in parts:
 *     <----------------------------  reply {req}      ask {req, size}, part {of: ask, req}, part, ...
 *     cancel {req}: nobody waits any more             took {count}: room for as many more parts
 */
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Services that may be asked by one another, and the apps whose screens may ask. */
export const calledRoles = ['logic', 'field', 'office', 'agent', 'worker'] as const
export const callerKinds = [...calledRoles, 'field-app', 'office-app', 'admin-app'] as const

/** Whom a request is for: without more any instance of the role, else one by instance or name, or any of a zone; or all of those. */
export const callTargetSchema = v.strictObject({
  role: v.picklist(calledRoles),
  instance: v.optional(shortText),
  name: v.optional(shortText),
  zone: v.optional(shortText),
  all: v.optional(v.boolean()),
})
export type CallTarget = v.InferOutput<typeof callTargetSchema>

/** Who asks, as logic knows it from the connection. */
export const callOriginSchema = v.strictObject({
  caller: v.picklist(callerKinds),
  instance: shortText,
  name: shortText,
})
export type CallOrigin = v.InferOutput<typeof callOriginSchema>

const askEntries = {
  k: v.literal('ask'),
  req: count,
  name: shortText,
  deadlineMs: v.pipe(v.number(), v.minValue(1), v.maxValue(600_000)),
  /** For another service: logic passes it on. */
  to: v.optional(callTargetSchema),
  /** On whose behalf; only a service may say this. */
  by: v.optional(principalSchema),
  /** Worked on after those the same caller made before, by the same instance. */
  ordered: v.optional(v.boolean()),
  /** Characters of the body, where it follows in parts. */
  size: v.optional(count),
}

/** A request with a deadline; the body is its input. */
export const askSchema = v.strictObject(askEntries)
/** `from` exists downwards only: nobody says of itself who it is. */
export const askDownSchema = v.strictObject({ ...askEntries, from: v.optional(callOriginSchema) })

/** The body is the output when there is no error. */
export const replySchema = v.strictObject({
  k: v.literal('reply'),
  req: count,
  error: v.optional(wireErrorSchema),
  size: v.optional(count),
})

/** Nobody waits for the reply any more. */
export const cancelSchema = v.strictObject({ k: v.literal('cancel'), req: count })

/** The body is the next piece of the body of that ask or reply. */
export const partSchema = v.strictObject({ k: v.literal('part'), of: v.picklist(['ask', 'reply']), req: count })

/** So many parts were taken. */
export const tookSchema = v.strictObject({ k: v.literal('took'), count })

export type Ask = v.InferOutput<typeof askSchema>
export type AskDown = v.InferOutput<typeof askDownSchema>
export type Reply = v.InferOutput<typeof replySchema>
export type Part = v.InferOutput<typeof partSchema>
export type CallHead = AskDown | Reply | Part | v.InferOutput<typeof cancelSchema> | v.InferOutput<typeof tookSchema>

/** Bodies longer than this travel in parts of this many characters. */
export const partSize = 64 * 1024
