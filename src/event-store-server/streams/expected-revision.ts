/**
 * What an appender believes about a stream, and whether the belief is true. A belief about a deleted stream is a belief
 * about a stream that is not there, except that an exact revision still names its last event.
 */
export type ExpectedRevision = number | 'any' | 'no-stream' | 'stream-exists'

export type StreamState = { readonly revision: number; readonly exists: boolean }

export function isAsExpected(expected: ExpectedRevision, { revision, exists }: StreamState): boolean {
  switch (expected) {
    case 'any':
      return true
    case 'no-stream':
      return !exists
    case 'stream-exists':
      return exists
    default:
      return expected === revision
  }
}
