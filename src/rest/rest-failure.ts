import { isPlatformError } from '#kernel/platform-error.ts'
import type { FieldFault } from './check-values.ts'

/** The closed list of what a request is answered when it is not done, with the HTTP status of each. */
export const restFailureKinds = {
  'bad-request': 400,
  'no-key': 401,
  forbidden: 403,
  'not-found': 404,
  'no-such-method': 405,
  conflict: 409,
  gone: 410,
  'too-large': 413,
  'wrong-type': 415,
  'bad-input': 422,
  'too-many': 429,
  internal: 500,
  unavailable: 503,
  timeout: 504,
} as const
export type RestFailureKind = keyof typeof restFailureKinds

type RestFailureOptions = {
  readonly headers?: Readonly<Record<string, string>>
  readonly fields?: readonly FieldFault[]
  readonly cause?: unknown
}

/** What a handler throws to answer with something else than its output: `throw new RestFailure('not-found', 'There is no meter 7.')`. */
export class RestFailure extends Error {
  override readonly name = 'RestFailure'
  readonly kind: RestFailureKind
  readonly headers: Readonly<Record<string, string>>
  readonly fields: readonly FieldFault[]
  constructor(kind: RestFailureKind, words: string, { headers = {}, fields = [], cause }: RestFailureOptions = {}) {
    super(words, cause === undefined ? undefined : { cause })
    this.kind = kind
    this.headers = headers
    this.fields = fields
  }
}

const retrySoon = { 'retry-after': '2' }

/**
 * Whatever a handler threw, as what the outside may know: the words of a `RestFailure` are meant for it; those of our own
 * errors may name what is inside, and only their kind shows.
 */
export function toRestFailure(error: unknown): RestFailure {
  if (error instanceof RestFailure) {
    const trouble = headerTrouble(error.headers)
    return trouble === undefined ? error : brokenInside(trouble)
  }
  if (isPlatformError(error, 'bad-input')) return new RestFailure('bad-input', error.message, { cause: error })
  const headers = retrySoon
  switch (kindOf(error)) {
    case 'too-many':
    case 'disk-full':
    case 'unavailable':
    case 'unknown-callee':
      return new RestFailure('unavailable', 'This cannot be done just now; send it again shortly.', {
        headers,
        cause: error,
      })
    case 'timeout':
      return new RestFailure('timeout', 'It took too long; whether it was done is not known.', {
        headers,
        cause: error,
      })
    default:
      return brokenInside(error)
  }
}

function brokenInside(cause: unknown): RestFailure {
  return new RestFailure('internal', 'Something broke on the server; it is logged there.', { cause })
}

/** A plugin may have put into a header what none can carry, such as a line end that a caller sent. */
function headerTrouble(headers: Readonly<Record<string, string>>): unknown {
  try {
    new Headers(headers)
    return undefined
  } catch (error) {
    return error
  }
}

/** Of our errors, and of those of calls between services. */
function kindOf(error: unknown): string | undefined {
  return error instanceof Error && 'kind' in error ? String(error.kind) : undefined
}

/**
 * The same for the log of requests: where faults are, never what was found there, nor names that only the caller knows.
 * Bodies and queries may hold what nobody should read on a disk.
 */
export function toLoggedWords({ message, fields }: RestFailure): string {
  const [first] = fields
  if (!first) return message
  const where = first.isUnknown
    ? `${first.in}: a field that is not known`
    : `${first.in}${first.field && ` "${first.field}"`}: wanted ${first.wanted}`
  return fields.length === 1 ? where : `${where}; and ${fields.length - 1} more`
}

/** The one form of every answer that is not an output. */
export function toErrorBody({ kind, message, fields }: RestFailure): object {
  const shown = fields.map(({ in: place, field, found, wanted }) => ({ in: place, field, found, wanted }))
  return { error: { kind, words: message, ...(shown.length > 0 && { fields: shown }) } }
}
