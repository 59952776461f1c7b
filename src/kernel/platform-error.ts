/**
 * The closed list of operational failures, by cause. The sentence beside each is the remedy in general;
 * the error's own message names the thing, what was found, what was wanted and what to do.
 */
export const errorKinds = {
  'bad-configuration': 'Correct the named key in the configuration file.',
  'bad-definition': 'Correct the named definition in the plugin.',
  'bad-frame': 'Send a frame of the protocol; the connection goes on.',
  'bad-input': 'Correct the named field and send again.',
  'already-running': 'Stop the other process, or use another home folder.',
  'not-found': 'Check the name; it may have been removed.',
  forbidden: 'Sign in as somebody who may do this.',
  'too-large': 'Send less at once.',
  'too-many': 'Slow down, or close what is not needed.',
  timeout: 'Try again; the outcome is not known.',
  unavailable: 'Nothing to do: it is tried again until the other side is back.',
  'revision-conflict': 'Read the stream again and decide again.',
  'out-of-order': 'Send the missing predecessor first.',
  'lost-leadership': 'Nothing to do: another instance took over.',
  'migration-failed': 'Read the cause, correct the migration, start again.',
  'plugin-failed': 'Read the cause; the other plugins go on.',
  'store-damaged': 'Run the verification and restore the named part from a backup.',
  'disk-full': 'Free space on the disk; nothing acknowledged is lost.',
  'not-proved': 'Look at the rows that are named; the tables in use are as they were.',
  'schema-unknown': 'Upgrade this service: the event was written by a newer version.',
} as const

export type ErrorKind = keyof typeof errorKinds
export type ErrorFacts = Readonly<Record<string, string | number | boolean | bigint | null | undefined>>

/** An operational failure: expected to happen in a healthy program, not the caller's business decision. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError'
  readonly kind: ErrorKind
  readonly facts: ErrorFacts

  constructor(kind: ErrorKind, message: string, options: { facts?: ErrorFacts; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.facts = options.facts ?? {}
  }
}

export function isPlatformError(error: unknown, kind?: ErrorKind): error is PlatformError {
  return error instanceof PlatformError && (kind === undefined || error.kind === kind)
}

/** One readable line for any thrown value, causes included. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : ` (because: ${describeError(error.cause)})`
  return `${error.message}${cause}`
}
