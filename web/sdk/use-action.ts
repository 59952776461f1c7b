import type { Answer } from '#vortex/protocol/answer.ts'
import type { ActionLike, PendingAction, Refusal } from './action-ledger.ts'
import { usePeek } from './peek-context.ts'

/** Pushes actions of one kind, and tells what became of them. */
export type ActionPusher<Values> = {
  /**
   * Resolves with the final answer, however long that takes: offline it waits, and goes when the connection is back.
   * `failed` only when it could not be kept or sent at all.
   */
  push(fields: Values): Promise<Answer>
  /** Those of this kind without a final answer, oldest first. */
  pending(): readonly PendingAction[]
  /** Why the latest one on this entity was not done; until it is dismissed or a later one on the entity is accepted. */
  lastRefusal(entityId: string): Refusal | undefined
  dismissRefusal(entityId: string): void
}

/** The pusher of a definition: `ActionHandle<typeof AddIntValue>`. */
export type ActionHandle<D extends { entity(fields: never): unknown }> = ActionPusher<Parameters<D['entity']>[0]>

export function useAction<Values>(definition: ActionLike<Values>): ActionPusher<Values> {
  const { actions } = usePeek('useAction')
  const { name } = definition
  return {
    push: (fields) => actions.push(definition, fields),
    pending: () => actions.pending(name),
    lastRefusal: (entityId) => actions.lastRefusal(name, entityId),
    dismissRefusal: (entityId) => actions.dismissRefusal(name, entityId),
  }
}
