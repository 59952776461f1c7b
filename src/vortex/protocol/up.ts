import * as v from 'valibot'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { askSchema, cancelSchema, partSchema, replySchema, tookSchema } from './call.ts'
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
  /** By which a service is chosen among others of its kind; unlike the instance they survive a restart. */
  instanceName: v.optional(shortText),
  zone: v.optional(shortText),
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
  /** Its number in the outbox of the device, which counts without gaps. */
  seq: v.optional(requestNumber),
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
  /** What the rows the caller keeps hash to: are they still the same, it goes on with them. */
  hash: v.optional(v.pipe(v.string(), v.maxLength(100))),
})

export const unobserveSchema = v.strictObject({ k: v.literal('unobserve'), obs: requestNumber })

/** How the outbox and the cache of a device stand: what it knows about itself, for whoever looks after it. */
export const deviceSchema = v.strictObject({
  k: v.literal('device'),
  /** Highest number an action of its outbox has, and up to which all have their end. */
  announced: requestNumber,
  acked: requestNumber,
  /** Actions without an end, and those that wait for a person. */
  unsent: requestNumber,
  attention: requestNumber,
  /** Of the app that runs there: a tab may be older than the page that greeted. */
  build: v.pipe(v.string(), v.maxLength(200)),
  /** Selectors kept on the device. */
  cached: requestNumber,
  /** Bytes, where the browser says so. */
  storageUsed: v.optional(requestNumber),
  storageQuota: v.optional(requestNumber),
  /** The device's clock when it was sent, milliseconds since 1970. */
  at: v.optional(v.pipe(v.number(), v.finite())),
  /** One life of its storage: another one means that the browser took away what was there, and numbers begin anew. */
  storage: v.optional(uuidText),
})

/** Asks what an observation's rows hash to where it stands, to find out whether those kept on the device are still right. */
export const checkSchema = v.strictObject({
  k: v.literal('check'),
  obs: requestNumber,
  position: v.pipe(v.string(), v.maxLength(100)),
})

export const upSchema = v.variant('k', [
  helloSchema,
  beatSchema,
  actSchema,
  observeSchema,
  unobserveSchema,
  deviceSchema,
  checkSchema,
  askSchema,
  replySchema,
  cancelSchema,
  partSchema,
  tookSchema,
])
export type Hello = v.InferOutput<typeof helloSchema>
export type Act = v.InferOutput<typeof actSchema>
export type Observe = v.InferOutput<typeof observeSchema>
export type DeviceReport = v.InferOutput<typeof deviceSchema>
export type Check = v.InferOutput<typeof checkSchema>
export type UpHead = v.InferOutput<typeof upSchema>
