import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import type { ActionLike, PendingAction, PushedAction, PushOptions, Refusal } from './action-ledger.ts'
import { type ActionOutcome, outcomeOf } from './action-outcome.ts'
import type { EffectOfAction } from './effect-ledger.ts'
import { usePeek } from './peek-context.ts'

/** Pushes actions of one kind, and tells what became of them. */
export type ActionPusher<Values> = {
  /**
   * Keeps the action on the device, shows what is expected of it, and sends it as soon as there is a connection.
   *
   *     const pushed = rename.push(fields)
   *     await pushed.kept       // it is on the device, or throws with the reason: there is no room
   *     await pushed.outcome    // what a form wants to know: kept, accepted, changed, refused, or not kept
   *     await pushed            // the final answer, however long that takes
   *
   * With `dependsOn`, ids of others, it goes only when those were accepted.
   */
  push(fields: Values, options?: PushOptions): PushedAction & { readonly outcome: Promise<ActionOutcome> }
  /** Those of this kind without a final answer, oldest first. */
  pending(): readonly PendingAction[]
  /** Why the latest one on this entity was not done; until it is dismissed or a later one on the entity is accepted. */
  lastRefusal(entityId: string): Refused<Values> | undefined
  /** Of all entities, oldest first: also of those that came to nothing with the refusal. */
  refusals(): readonly Refused<Values>[]
  /** The refused one again, edited or as it was; what waited for it waits for this one. */
  resend(refused: Refused<Values>, fields: Values): Promise<void>
  dismissRefusal(entityId: string): void
  /** Those of this kind that were accepted and are not what screens show, oldest first; of one entity, or of all. */
  effects(entityId?: string): readonly EffectOfAction[]
}

/** Why an action was not done, with what was entered. */
export type Refused<Values> = Refusal & {
  /** Absent where an earlier version of the app pushed it. */
  readonly fields?: Values
}

/** The pusher of a definition: `ActionHandle<typeof AddIntValue>`. */
export type ActionHandle<D extends { entity(fields: never): unknown }> = ActionPusher<Parameters<D['entity']>[0]>

export function useAction<Values>(definition: ActionLike<Values>): ActionPusher<Values> {
  const { actions, effects, outbox, connection } = usePeek('useAction')
  const { name, version } = definition
  const toRefused = (refusal: Refusal): Refused<Values> => withFields<Values>(refusal, version)
  return {
    push: (fields, options) => {
      const pushed = actions.push(definition, fields, options)
      return Object.assign(pushed, { outcome: outcomeOf(pushed, () => connection.state() === 'online') })
    },
    pending: () => actions.pending(name),
    lastRefusal: (entityId) => {
      const refusal = actions.lastRefusal(name, entityId)
      return refusal && toRefused(refusal)
    },
    refusals: () => actions.refusals(name).map(toRefused),
    resend: async (refused, fields) => {
      if (refused.id !== undefined) await outbox.resend(refused.id, JSON.stringify(fields))
      else await actions.push(definition, fields).kept
    },
    dismissRefusal: (entityId) => actions.dismissRefusal(name, entityId),
    effects: (entityId) =>
      effects
        .list()
        .filter((effect) => effect.name === name && (entityId === undefined || effect.entityId === entityId)),
  }
}

/** A body of the same version was checked when it was pushed: by the compiler. */
function withFields<Values>(refusal: Refusal, version: number): Refused<Values> {
  const fields = refusal.version === version ? tryParseJson(refusal.body) : undefined
  return isJsonObject(fields) ? { ...refusal, fields: fields as Values } : { ...refusal }
}
