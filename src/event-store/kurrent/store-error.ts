import {
  describeError,
  type ErrorFacts,
  type ErrorKind,
  isPlatformError,
  PlatformError,
} from '#kernel/platform-error.ts'

/**
 * What the client throws, in the platform's words. The client has typed errors with a `type`, plain gRPC errors with
 * a `code` only, and errors of its native reader: all are told apart by those two fields, never by class.
 */
type ClientError = {
  readonly type?: unknown
  readonly code?: unknown
  readonly expectedState?: unknown
  readonly actualState?: unknown
  readonly maxAppendSize?: unknown
}

const kindsByType: Readonly<Record<string, ErrorKind>> = {
  'wrong-expected-version': 'revision-conflict',
  'maximum-append-size-exceeded': 'too-large',
  'transaction-max-size-exceeded': 'too-large',
  'append-record-size-exceeded': 'too-large',
  'access-denied': 'forbidden',
  'invalid-argument': 'bad-input',
  'stream-deleted': 'not-found',
  'stream-tombstoned': 'not-found',
  'deadline-exceeded': 'timeout',
  timeout: 'timeout',
}

const kindsByCode: Readonly<Record<number, ErrorKind>> = {
  3: 'bad-input',
  4: 'timeout',
  7: 'forbidden',
  8: 'too-large',
  15: 'store-damaged',
  16: 'forbidden',
}

/** Errors nobody foresaw count as a lost store: they are tried again, and health shows their words. */
export function toStoreError(error: unknown, doing: string, facts: ErrorFacts = {}): PlatformError {
  if (isPlatformError(error)) return error
  const kind = kindOf(error)
  return new PlatformError(kind, `${doing} failed: ${sentences[kind] ?? findDamage(error) ?? describeError(error)}`, {
    facts: { ...facts, ...factsOf(error) },
    cause: error,
  })
}

const sentences: Readonly<Partial<Record<ErrorKind, string>>> = {
  'revision-conflict': 'the stream is not at the expected revision. Read it again and decide again.',
  'too-large': 'it holds more than the store takes in one append. Append less at once.',
  forbidden: 'the store refuses this user. Check the user in the connection string.',
  'not-found': 'the stream was deleted for ever.',
}

/**
 * A record that is not what was written: no lost store, since trying again would give the same. The client's native
 * reader has no code for it, only the server's words.
 */
function findDamage(error: unknown): string | undefined {
  return /The event at position \d+ does not match its checksum\./.exec(describeError(error))?.[0]
}

function kindOf(error: unknown): ErrorKind {
  if (findDamage(error) !== undefined) return 'store-damaged'
  const { type, code } = asClientError(error)
  if (typeof type === 'string') return kindsByType[type] ?? 'unavailable'
  return (typeof code === 'number' ? kindsByCode[code] : undefined) ?? 'unavailable'
}

function factsOf(error: unknown): ErrorFacts {
  const { expectedState, actualState, maxAppendSize } = asClientError(error)
  return {
    ...(expectedState === undefined ? {} : { expected: toRevisionWords(expectedState) }),
    ...(actualState === undefined ? {} : { found: toRevisionWords(actualState) }),
    ...(typeof maxAppendSize === 'number' ? { sizeBytesMax: maxAppendSize } : {}),
  }
}

function toRevisionWords(state: unknown): number | string {
  return typeof state === 'bigint' ? Number(state) : String(state).replace('_', '-')
}

function asClientError(error: unknown): ClientError {
  return typeof error === 'object' && error !== null ? error : {}
}

/** The stream does not exist, or no longer: for a reader both mean that there is nothing to read. */
export function isMissingStream(error: unknown): boolean {
  const { type } = asClientError(error)
  return type === 'stream-not-found' || type === 'stream-deleted' || type === 'no-stream'
}
