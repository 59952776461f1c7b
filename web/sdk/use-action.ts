import type { Answer } from '#vortex/protocol/answer.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import type { ActionLike, Expected, PendingAction, Refusal } from './action-ledger.ts'
import { usePeek } from './peek-context.ts'
import type { ObservableLike } from './use-observable.ts'

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

export type ActionOptions<Values, D extends ObservableLike> = {
  /**
   * Shows what the action will do before the server has said so. `apply` is pure and gives back the row itself when
   * the action does not concern it.
   */
  readonly optimistic?: { readonly on: D; readonly apply: (row: TupleOf<D>, fields: Values) => TupleOf<D> }
}

export function useAction<Values, D extends ObservableLike = ObservableLike>(
  definition: ActionLike<Values>,
  options: ActionOptions<Values, D> = {},
): ActionPusher<Values> {
  const { actions } = usePeek('useAction')
  const { name } = definition
  return {
    push: (fields) => actions.push(definition, fields, toExpected(options)),
    pending: () => actions.pending(name),
    lastRefusal: (entityId) => actions.lastRefusal(name, entityId),
    dismissRefusal: (entityId) => actions.dismissRefusal(name, entityId),
  }
}

/** Rows of an observable are tuples of its definition: the server has checked them. */
function toExpected<Values, D extends ObservableLike>({ optimistic }: ActionOptions<Values, D>) {
  if (optimistic === undefined) return undefined
  const { on, apply } = optimistic
  const expected: Expected<Values> = {
    on: on.name,
    apply: (row, fields) => apply(row as Row & TupleOf<D>, fields) as Row & TupleOf<D>,
  }
  return expected
}
