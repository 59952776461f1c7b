import { isPlatformError } from '#kernel/platform-error.ts'
import { isOutsideFailure, OutsideFailure, type OutsideFailureKind } from '../guard/outside-failure.ts'
import type { Redact } from '../guard/redact.ts'

/** What a code of a database means, by its beginning; the first that fits counts. */
export type SqlCodes = readonly (readonly [
  code: RegExp,
  kind: OutsideFailureKind,
  effect: 'none' | 'unknown',
  advice: string,
])[]

export function makeToSqlFailure(options: { system: string; codes: SqlCodes; redact: Redact }) {
  const { system, codes, redact } = options
  return (error: unknown, what: string): OutsideFailure => {
    if (isOutsideFailure(error)) return error
    const code = codeOf(error)
    const said = redact(error instanceof Error ? error.message : String(error)).slice(0, 500)
    const known = codes.find(([pattern]) => pattern.test(code))
    const [, kind, effect, advice] = known ?? ['', 'refused', 'none', 'Correct the statement.']
    const isTransient = kind === 'failed' ? effect === 'none' : undefined
    const found = `${what}: ${said}${code ? ` (${code})` : ''}.`
    return new OutsideFailure(system, kind, `${found} ${advice}`, {
      effect,
      facts: { code },
      ...(isTransient !== undefined && { isTransient }),
    })
  }
}

/** What makes a transaction end well tells a lost connection in the platform's own words. */
export function codeOf(error: unknown): string {
  if (isPlatformError(error, 'unavailable')) return codeOf(error.cause) && error.kind
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

export function tooManyRows(system: string, rowCountMax: number): OutsideFailure {
  const words = `more than ${rowCountMax} rows came. Ask for fewer, raise rowCountMax, or use stream.`
  return new OutsideFailure(system, 'too-large', words)
}

export function transactionIsOver(system: string): OutsideFailure {
  const words = 'the transaction is over already: await its statements before its work ends.'
  return new OutsideFailure(system, 'bad-input', words, { effect: 'none' })
}
