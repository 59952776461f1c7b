import type { JsonObject } from '#kernel/json.ts'

/** The event that records a refused action, in the entity's refusals stream. */
export const refusalType = 'peek.ActionRefused'

export type RefusalData = JsonObject & {
  /** The action's name. */
  readonly action: string
  /** What the person sent. */
  readonly data: JsonObject
  readonly kind: string
  readonly words: string
}
