/**
 * Who may do what. Every call asks twice: who is calling (once a call), and may this caller do this (once an operation).
 *
 * Promises: `check` returns or throws `AccessDenied`; it never waits. `identify` waits only while a password is compared, and
 * throws `NotAuthenticated` for a wrong one.
 * Asks: every handler calls both before it touches the log.
 */
import type { Metadata } from '@grpc/grpc-js'

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
  identify(metadata: Metadata): Caller | Promise<Caller>
  check(caller: Caller, operation: Operation): void
}

/** The credentials are missing or wrong. */
export class NotAuthenticated extends Error {
  override readonly name = 'NotAuthenticated'
}

/** The caller is known, and may not. */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied'
}

const nobody: Caller = { name: undefined, groups: [] }

/** For a network that may be trusted: everybody may do everything. */
export const openAccess: Access = { identify: () => nobody, check: () => undefined }
