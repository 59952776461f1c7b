/**
 * Who may do what. Every call asks twice: who is calling (once a call), and may this caller do this (once an operation).
 *
 * Promises: `check` returns or throws `AccessDenied`; it never waits. `identify` waits only while a password is compared, and
 * throws `NotAuthenticated` for a wrong one.
 * Asks: every handler calls both before it touches the log, and watches what it goes on giving.
 */
import type { Metadata } from '@grpc/grpc-js'

/** A call as far as it says who is calling: its credentials, and the address it came from. Every grpc-js call is one. */
export type IncomingCall = {
  readonly metadata: Metadata
  getPeer(): string
}

export type Caller = {
  /** Undefined when the call came without credentials. */
  readonly name: string | undefined
  readonly groups: readonly string[]
}

export type StreamRight = 'read' | 'write' | 'delete' | 'read-metadata' | 'write-metadata'

export type Operation =
  /** `$all` is a stream too: its rights are those of the whole log. */
  | { readonly kind: 'stream'; readonly right: StreamRight; readonly streamName: string }
  /** Scavenge, shutdown and the like. */
  | { readonly kind: 'operate' }
  | { readonly kind: 'look-at-statistics' }
  | { readonly kind: 'change-persistent-subscriptions' }
  | { readonly kind: 'consume-persistent-subscription'; readonly streamName: string; readonly groupName: string }
  | { readonly kind: 'administer-users' }
  /** Everybody may look at and change themselves. */
  | { readonly kind: 'look-at-user' | 'change-own-password'; readonly userName: string }

export interface Access {
  identify(call: IncomingCall): Caller | Promise<Caller>
  check(caller: Caller, operation: Operation): void
  /**
   * For calls that live long: `onLost` is called, once, as soon as a change of rights, users or defaults means that `check`
   * would throw from now on. The returned function ends the watch.
   */
  watch(caller: Caller, operation: Operation, onLost: (denied: AccessDenied) => void): () => void
}

/** The credentials are missing or wrong. */
export class NotAuthenticated extends Error {
  override readonly name = 'NotAuthenticated'
}

/** The caller is known, and may not. */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied'
}

export const nobody: Caller = { name: undefined, groups: [] }

/** For a network that may be trusted: everybody may do everything. */
export const openAccess: Access = {
  identify: () => nobody,
  check: () => undefined,
  watch: () => () => undefined,
}
