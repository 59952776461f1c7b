/** What screens see of the platform: one connection, live rows, and actions. */
export type { PendingAction, Refusal } from './action-ledger.ts'
export { createPeek, type PeekOptions } from './create-peek.ts'
export type { LiveState } from './live-rows.ts'
export type { Connection, Peek } from './peek.ts'
export { PeekProvider, useConnection } from './peek-context.ts'
export { type ActionHandle, useAction } from './use-action.ts'
export { type ObservableHandle, useObservable } from './use-observable.ts'
export { makeUuid } from './uuid.ts'
