import * as v from 'valibot'
import { answerSchema } from './answer.ts'
import { askDownSchema, cancelSchema, partSchema, replySchema, tookSchema } from './call.ts'
import { principalSchema } from './principal.ts'
import { wireErrorSchema } from './wire-error.ts'

/** Frames to whoever dialled. */

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Loose on purpose, like hello and bye: these three must be understood before and across versions. */
export const welcomeSchema = v.object({
  k: v.literal('welcome'),
  version: count,
  session: v.string(),
  /** Name and instance of the service that answers. */
  service: v.string(),
  instance: v.string(),
  build: v.string(),
  principal: principalSchema,
  /** How often to beat, and after how much silence to give the connection up. */
  beatMs: count,
  silenceMs: count,
  /** The server's clock, milliseconds since 1970. */
  at: v.number(),
})

export const beatDownSchema = v.strictObject({ k: v.literal('beat') })

export const answerFrameSchema = v.strictObject({ k: v.literal('answer'), req: count, answer: answerSchema })

/** A whole state: the body is an array of rows. `sel` is how patches will name this selector on this connection. */
export const rowsSchema = v.strictObject({
  k: v.literal('rows'),
  obs: count,
  sel: count,
  token: v.string(),
  position: v.string(),
  keyedBy: v.array(v.string()),
  orderBy: v.array(v.string()),
})

/**
 * Nothing was missed since the token: patches go on from there. With a token of its own: the rows the caller keeps are those
 * of this later moment too.
 */
export const resumedSchema = v.strictObject({
  k: v.literal('resumed'),
  obs: count,
  sel: count,
  token: v.optional(v.string()),
  position: v.optional(v.string()),
})

/** All that one commit changed for this connection (V8): the body is an array of selector patches. */
export const patchSchema = v.strictObject({ k: v.literal('patch') })

/** An observation that cannot be served: for good (`final`), or just now. */
export const troubleSchema = v.strictObject({
  k: v.literal('trouble'),
  error: wireErrorSchema,
  req: v.optional(count),
  obs: v.optional(count),
  final: v.optional(v.boolean()),
})

/** Whether the service that answers can reach logic. */
export const upstreamSchema = v.strictObject({ k: v.literal('upstream'), online: v.boolean(), words: v.string() })

/**
 * What became of actions of this session's device or person: the body is an array of effects. `ask`: that may have
 * changed for any of them, so whoever waits for one asks.
 */
export const effectsSchema = v.strictObject({ k: v.literal('effects'), ask: v.boolean() })

/**
 * What the rows of an observation hash to, whatever their order, and how many they are, at the position named here; that is
 * not always the one that was asked about.
 */
export const checkedSchema = v.strictObject({
  k: v.literal('checked'),
  obs: count,
  position: v.string(),
  hash: v.string(),
  count,
})

/** The last frame before a close by the server. */
export const byeSchema = v.object({
  k: v.literal('bye'),
  error: wireErrorSchema,
  retryAfterMs: v.optional(count),
})

export const downSchema = v.variant('k', [
  welcomeSchema,
  beatDownSchema,
  answerFrameSchema,
  askDownSchema,
  replySchema,
  cancelSchema,
  partSchema,
  tookSchema,
  rowsSchema,
  resumedSchema,
  patchSchema,
  troubleSchema,
  upstreamSchema,
  effectsSchema,
  checkedSchema,
  byeSchema,
])
export type Welcome = v.InferOutput<typeof welcomeSchema>
export type RowsHead = v.InferOutput<typeof rowsSchema>
export type Checked = v.InferOutput<typeof checkedSchema>
export type DownHead = v.InferOutput<typeof downSchema>
