import type { WireError } from '../protocol/wire-error.ts'

/** A request that was answered with an error, or not at all. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure'
  readonly error: WireError
  constructor(error: WireError) {
    super(error.words)
    this.error = error
  }
}
