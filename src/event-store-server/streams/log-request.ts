/** What can be asked of the log's writer, and how it answers. */
import type { PlatformError } from '#kernel/platform-error.ts'
import type { ProposedEvent } from './event-record.ts'
import type { ExpectedRevision } from './expected-revision.ts'

export type LogRequest =
  | {
      readonly kind: 'append'
      readonly streamName: string
      readonly expected: ExpectedRevision
      readonly events: readonly ProposedEvent[]
      /** Where a stream that has no event yet begins, for an import; at 0 when it is not given. */
      readonly firstRevision?: number | undefined
      /** Nothing is added to metadata that undo a deletion: what was added then is imported too. */
      readonly isImported?: boolean
    }
  | { readonly kind: 'delete'; readonly streamName: string; readonly expected: ExpectedRevision }
  | { readonly kind: 'tombstone'; readonly streamName: string; readonly expected: ExpectedRevision }

export type LogOutcome =
  /** On the disk. Revision -1: the stream has no event; position undefined: nothing was there to write. */
  | { readonly kind: 'written'; readonly revision: number; readonly position: number | undefined }
  /** The stream's last revision, -1 when there is no such stream. */
  | { readonly kind: 'conflict'; readonly actualRevision: number }
  | { readonly kind: 'tombstoned' }
  | { readonly kind: 'failed'; readonly error: PlatformError }

/** The size that counts against the limit of one append. */
export function eventSize(event: ProposedEvent): number {
  return event.data.length + event.metadata.length + event.type.length
}
