import * as v from 'valibot'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { principalSchema, shortText, uuidText } from './principal.ts'

/** Frames from whoever dialled: a device to its field or office service, a service to logic. */

const requestNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Loose on purpose: a newer caller may say more, and must still reach the agreement on a version. */
export const helloSchema = v.object({
  k: v.literal('hello'),
  /** Protocol versions the caller speaks, best first. */
  versions: v.pipe(v.array(requestNumber), v.minLength(1), v.maxLength(20)),
  /** What it is: an app on a device, or a service process. */
  role: v.picklist(['device', 'service']),
  /** `field`, `office`, `admin`, `agent`, `worker`. */
  name: shortText,
  /** Stable for the installation. */
  device: uuidText,
  /** One run of the program: a new one after a reload or restart. */
  instance: uuidText,
  /** Software version, for the admin's eyes. */
  build: v.pipe(v.string(), v.maxLength(200)),
  /** Proof of a service's right to speak for devices. */
  secret: v.optional(v.pipe(v.string(), v.maxLength(500))),
})

export const beatSchema = v.strictObject({ k: v.literal('beat') })

/** The body is the action's fields. */
export const actSchema = v.strictObject({
  k: v.literal('act'),
  req: requestNumber,
  id: uuidText,
  name: shortText,
  version: requestNumber,
  /** When it happened on the device, milliseconds since 1970. */
  at: v.pipe(v.number(), v.finite()),
  /** Order matters inside a lane; `prev` is the action pushed before this one in it. */
  lane: v.optional(shortText),
  prev: v.optional(uuidText),
  /** Only a service may say this: on whose behalf it forwards. */
  by: v.optional(principalSchema),
})

const selectorSchema = v.pipe(
  // An array would pass as a record.
  v.custom<JsonObject>(isJsonObject, 'must be an object of fields'),
  v.record(shortText, v.union([v.pipe(v.string(), v.maxLength(2_000)), v.number(), v.boolean(), v.null()])),
  v.maxEntries(50),
)

export const observeSchema = v.strictObject({
  k: v.literal('observe'),
  /** The caller's own number for this observation. */
  obs: requestNumber,
  name: shortText,
  selector: selectorSchema,
  /** Where an earlier observation got to: opaque, from the last rows or patch. */
  token: v.optional(v.pipe(v.string(), v.maxLength(500))),
})

export const unobserveSchema = v.strictObject({ k: v.literal('unobserve'), obs: requestNumber })

/** A request with a deadline; the body is its input. */
export const askSchema = v.strictObject({
  k: v.literal('ask'),
  req: requestNumber,
  name: shortText,
  deadlineMs: v.pipe(v.number(), v.minValue(1), v.maxValue(600_000)),
})

export const upSchema = v.variant('k', [helloSchema, beatSchema, actSchema, observeSchema, unobserveSchema, askSchema])
export type Hello = v.InferOutput<typeof helloSchema>
export type Act = v.InferOutput<typeof actSchema>
export type Observe = v.InferOutput<typeof observeSchema>
export type Ask = v.InferOutput<typeof askSchema>
export type UpHead = v.InferOutput<typeof upSchema>
