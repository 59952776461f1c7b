import type { KurrentDBClient, ReadPosition } from '@kurrent/kurrentdb-client'
import type { Clock } from '#kernel/clock.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { fromPosition, logStart, type Position } from '#kernel/position.ts'
import type { EventFilter, RecordedEvent } from '../event-store.ts'
import type { KurrentConnection } from './connection.ts'
import type { DirectReader } from './direct-reader.ts'
import { readNatively } from './native-read.ts'
import { toRecordedEvent } from './recorded-event.ts'
import { toServerFilter } from './server-filter.ts'
import { isMissingStream, toStoreError } from './store-error.ts'
import { within } from './waiting.ts'

/**
 * Reads in bounded pages, each read to its end: the client cannot cancel a read. A read that meets a lost store waits
 * for the store within its deadline and is tried again.
 */
export interface KurrentReader {
  readStream(stream: string, page: StreamPage): Promise<readonly RecordedEvent[]>
  /** System events included. `isLast`: there is nothing further in this direction. */
  readBeyond(page: LogPage): Promise<{ readonly events: readonly RecordedEvent[]; readonly isLast: boolean }>
  /** Position of the last event, or of the very last one with the system's own. */
  readHead(options?: { withSystemEvents: boolean }): Promise<Position>
}

export type StreamPage = {
  readonly from: number | 'start' | 'end'
  readonly direction: 'forwards' | 'backwards'
  readonly countMax: number
}

export type LogPage = {
  readonly beyond: Position | 'start' | 'end'
  readonly direction: 'forwards' | 'backwards'
  readonly countMax: number
  readonly filter?: EventFilter | undefined
  readonly isUnfiltered?: boolean
}

const readDeadlineMs = 30_000

/** `direct` reads what it can, which is nearly all; the client the rest, and whatever fails. */
export function createKurrentReader(
  connection: KurrentConnection,
  clock: Clock,
  direct: Pick<DirectReader, 'read'>,
): KurrentReader {
  const nothing = { events: [], isLast: true }

  async function readBeyond(page: LogPage) {
    const from = toReadPosition(page.beyond)
    if (from === (page.direction === 'forwards' ? 'end' : 'start')) return nothing
    // Forwards, a read includes the event at the position it starts from; backwards it does not.
    const included = page.direction === 'forwards' && typeof from === 'object' ? 1 : 0
    const countMax = page.countMax + included
    const { direction } = page
    const filter = page.isUnfiltered ? undefined : toServerFilter(page.filter)
    const asked = { fromPosition: from, direction, maxCount: countMax, ...(filter && { filter }) }
    const read = await retrying(
      'Reading the log',
      async (client, signal) =>
        (await direct.read({ from, direction, countMax, filter }, signal)) ??
        (await readNatively(client, asked)) ??
        collect(client.readAll(asked)),
    )
    const first = included > 0 && read[0]?.position === page.beyond ? 1 : 0
    return { events: read.slice(first, first + page.countMax), isLast: read.length < countMax }
  }

  /** `unavailable` within the deadline is not the caller's business. The signal fires where nobody waits any more. */
  async function retrying<T>(
    doing: string,
    read: (client: KurrentDBClient, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const endsAt = clock.now() + readDeadlineMs
    const leftMs = () => endsAt - clock.now()
    const late = () => new PlatformError('timeout', `${doing} took longer than ${readDeadlineMs} ms. Try again.`)
    for (let attempt = 0; ; attempt++) {
      await within(clock, leftMs(), connection.ready(), () => awayError(connection, doing))
      const attended = new AbortController()
      try {
        return await within(clock, leftMs(), read(connection.reads(), attended.signal), late)
      } catch (error) {
        const failure = toStoreError(error, doing)
        connection.noteFailure(failure)
        if (!isPlatformError(failure, 'unavailable') || leftMs() <= 0) throw failure
        await connection.backOff(attempt)
      } finally {
        attended.abort()
      }
    }
  }

  return {
    readBeyond,
    readStream: (stream, { from, direction, countMax }) =>
      retrying(`Reading the stream ${stream}`, async (client) => {
        const fromRevision = typeof from === 'number' ? BigInt(from) : from
        try {
          return await collect(client.readStream(stream, { fromRevision, direction, maxCount: countMax }))
        } catch (error) {
          if (isMissingStream(error)) return []
          throw error
        }
      }),
    readHead: async ({ withSystemEvents: isUnfiltered } = { withSystemEvents: false }) => {
      const { events } = await readBeyond({ beyond: 'end', direction: 'backwards', countMax: 1, isUnfiltered })
      return events[0]?.position ?? logStart
    },
  }
}

export function awayError(connection: KurrentConnection, doing: string): PlatformError {
  const { words } = connection.health()
  return new PlatformError('unavailable', `${doing} had to wait for the event store, which is away: ${words}`, {
    facts: { health: words },
  })
}

export function toReadPosition(position: Position | 'start' | 'end'): ReadPosition {
  if (position === 'start' || position === logStart) return 'start'
  return position === 'end' ? 'end' : fromPosition(position)
}

async function collect(read: AsyncIterable<Parameters<typeof toRecordedEvent>[0]>): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const resolved of read) {
    const event = toRecordedEvent(resolved)
    if (event) events.push(event)
  }
  return events
}
