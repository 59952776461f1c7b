/** The server's own appends: the same writer, the same disk, one group commit with everybody else's. */
import { PlatformError } from '#kernel/platform-error.ts'
import { isPresent } from '../streams/append-rules.ts'
import type { EventLog } from '../streams/event-log.ts'
import type { ProposedEvent } from '../streams/event-record.ts'

/** Resolves to the revision of the last event when all of it is on the disk. */
export async function appendOwn(log: EventLog, streamName: string, events: readonly ProposedEvent[]): Promise<number> {
  const outcome = await log.request({ kind: 'append', streamName, expected: 'any', events })
  switch (outcome.kind) {
    case 'written':
      return outcome.revision
    case 'failed':
      throw outcome.error
    case 'tombstoned':
      throw new PlatformError(
        'unavailable',
        `The stream ${streamName} was deleted for ever; the server keeps state in it.`,
      )
    case 'conflict':
      throw new PlatformError('unavailable', `The server's own append to ${streamName} met a conflict. Try again.`)
  }
}

/** Removes what the stream holds; nothing when it holds nothing. */
export async function deleteOwn(log: EventLog, streamName: string): Promise<void> {
  const stream = log.findStream(streamName)
  if (!stream || !isPresent(stream)) return
  const outcome = await log.request({ kind: 'delete', streamName, expected: 'any' })
  if (outcome.kind === 'failed') throw outcome.error
}
