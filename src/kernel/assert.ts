/** Three ways to say "this cannot be": each is a comment that runs. A failure is our own bug, never a user's. */

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export function assert(claim: unknown, why: string): asserts claim {
  if (!claim) throw new AssertionError(`Our own assumption failed: ${why}`)
}

/** The value, when it exists; `why` says what makes it exist. */
export function must<T>(value: T | null | undefined, why: string): T {
  if (value === null || value === undefined) throw new AssertionError(`A value that must exist is missing: ${why}`)
  return value
}

/** Ends a switch over a union: a missing case does not compile. */
export function unreachable(value: never): never {
  throw new AssertionError(`A case nobody wrote: ${JSON.stringify(value)}`)
}
