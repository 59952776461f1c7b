import { type ErrorKind, isPlatformError } from '#kernel/platform-error.ts'
import { parseWith } from '../protocol/parse.ts'
import { type WireError, type WireErrorKind, wireErrorSchema } from '../protocol/wire-error.ts'

/**
 * The one place where thrown values become what a caller may see (V5).
 * `isOurBug` says that nobody expected it: the caller gets no detail, the log gets all of it.
 */
export type Translation = { readonly error: WireError; readonly isOurBug: boolean }

const wireKinds: { readonly [K in ErrorKind]: WireErrorKind } = {
  'bad-configuration': 'internal',
  'bad-definition': 'internal',
  'bad-frame': 'bad-frame',
  'bad-input': 'bad-input',
  'already-running': 'unavailable',
  'not-found': 'not-found',
  forbidden: 'forbidden',
  'too-large': 'too-large',
  'too-many': 'too-many',
  timeout: 'timeout',
  unavailable: 'unavailable',
  'revision-conflict': 'unavailable',
  'out-of-order': 'out-of-order',
  'lost-leadership': 'unavailable',
  'migration-failed': 'unavailable',
  'plugin-failed': 'unavailable',
  'store-damaged': 'unavailable',
  'disk-full': 'unavailable',
  'not-proved': 'internal',
  'schema-unknown': 'unavailable',
}

export function toWireError(thrown: unknown): Translation {
  const carried = findCarriedError(thrown)
  if (carried) return { error: carried, isOurBug: false }
  if (!isPlatformError(thrown)) return { error: internalError, isOurBug: true }
  const kind = wireKinds[thrown.kind]
  return kind === 'internal'
    ? { error: internalError, isOurBug: true }
    : { error: { kind, words: thrown.message }, isOurBug: false }
}

const internalError: WireError = {
  kind: 'internal',
  words: 'Something went wrong on the server; it is written in its log.',
}

/** A middle hop passes on what the far side said: such errors carry the wire error as `error`. */
function findCarriedError(thrown: unknown): WireError | undefined {
  if (!(thrown instanceof Error) || !('error' in thrown)) return undefined
  const parsed = parseWith<WireError>(wireErrorSchema, thrown.error)
  return parsed.ok ? parsed.value : undefined
}
