import * as v from 'valibot'
import { defineRpc } from '#rpc/define-rpc.ts'
import { keyListSchema } from './held-keys.ts'

/** Logic tells agents that keys changed; they ask for them then, and every few seconds all the same. */
export const TakeApiKeys = defineRpc('peek.TakeApiKeys', {
  listensOn: 'agent',
  acceptsFrom: ['logic'],
  input: {},
  output: {},
  timeoutMs: 5_000,
})

/** What an agent asks logic every few seconds, and what it tells on the way; the answer has the keys when they changed. */
export const keyRequestName = 'peek.api-keys'

const shortText = v.pipe(v.string(), v.maxLength(300))

export const keyRequestSchema = v.strictObject({
  /** Of the keys it holds. */
  version: shortText,
  /** When keys were last used, those that were since it asked before. */
  uses: v.pipe(v.array(v.strictObject({ id: v.pipe(v.string(), v.uuid()), at: v.number() })), v.maxLength(10_000)),
  /** What may be asked of its plugins. */
  apis: v.pipe(
    v.array(
      v.strictObject({
        plugin: shortText,
        title: shortText,
        version: shortText,
        scopes: v.pipe(
          v.array(v.strictObject({ scope: shortText, routes: v.pipe(v.array(shortText), v.maxLength(1_000)) })),
          v.maxLength(1_000),
        ),
      }),
    ),
    v.maxLength(1_000),
  ),
})
export type KeyRequest = v.InferOutput<typeof keyRequestSchema>
export type AgentApi = KeyRequest['apis'][number]

export const keyAnswerSchema = v.object({ ...keyListSchema.entries, keys: v.optional(keyListSchema.entries.keys) })
