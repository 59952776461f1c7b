import type { AppendStreamState, JSONEventData, KurrentDBClient } from '@kurrent/kurrentdb-client'
import { assert } from '#kernel/assert.ts'
import type { Clock } from '#kernel/clock.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { logStart, type Position, toPosition } from '#kernel/position.ts'
import type { Appended, ExpectedRevision, NewEvent, RecordedEvent } from '../event-store.ts'
import type { KurrentConnection } from './connection.ts'
import { awayError, type KurrentReader } from './reader.ts'
import { toStoreError } from './store-error.ts'
import { within } from './waiting.ts'

export type AppenderOptions = {
  readonly connection: KurrentConnection
  readonly reader: KurrentReader
  readonly clock: Clock
  readonly deadlineMs: number
}

type Append = {
  readonly stream: string
  readonly events: readonly NewEvent[]
  readonly expected: ExpectedRevision
}

/** More appends at once than this are refused: somebody forgot to wait. */
const inFlightMax = 4_096

/**
 * Appends, each with a deadline of our own: the client's promise may never settle.
 *
 * Promises: an append whose outcome was lost with the connection is sent again with the same ids and the same explicit
 * expected revision, which the store recognises; and should the store report a conflict then, the stream is read
 * before it is believed. Without an explicit revision nothing is sent twice.
 */
export function createAppender({ connection, reader, clock, deadlineMs }: AppenderOptions) {
  let inFlight = 0

  return async function append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision) {
    assert(events.length > 0, 'an append holds at least one event')
    if (inFlight >= inFlightMax) {
      throw new PlatformError('too-many', `${inFlight} appends are under way already. Wait for some of them.`)
    }
    inFlight++
    try {
      return await appendUntilKnown({ stream, events, expected })
    } finally {
      inFlight--
    }
  }

  async function appendUntilKnown(wanted: Append): Promise<Appended> {
    const doing = `Appending to ${wanted.stream}`
    const endsAt = clock.now() + deadlineMs
    const leftMs = () => endsAt - clock.now()
    for (let attempt = 0; ; attempt++) {
      await within(clock, leftMs(), connection.ready(), () => awayError(connection, doing))
      const client = connection.calls()
      try {
        return await within(clock, leftMs(), send(client, wanted, leftMs()), () => lateError(doing, deadlineMs))
      } catch (error) {
        const failure = toStoreError(error, doing, { stream: wanted.stream, expected: wanted.expected })
        if (isPlatformError(failure, 'timeout')) connection.renewCalls(client)
        connection.noteFailure(failure)
        const own = attempt > 0 && isPlatformError(failure, 'revision-conflict') ? await findOwn(wanted) : undefined
        if (own) return own
        if (!isPlatformError(failure, 'unavailable') || !isRepeatable(wanted.expected) || leftMs() <= 0) throw failure
        await connection.backOff(attempt)
      }
    }
  }

  async function send(client: KurrentDBClient, { stream, events, expected }: Append, leftMs: number) {
    const result = await client.appendToStream(stream, events.map(toEventData), {
      streamState: toStreamState(expected),
      deadline: Math.max(1, leftMs),
    })
    const revision = Number(result.nextExpectedRevision)
    return { revision, position: await toAppendedPosition(stream, revision, result.position) }
  }

  /** A repeated append may come back without its position: then the event itself says it. */
  async function toAppendedPosition(
    stream: string,
    revision: number,
    found: { commit: bigint; prepare: bigint } | undefined,
  ): Promise<Position> {
    if (found) return toPosition(found.commit, found.prepare)
    const [event] = await reader.readStream(stream, { from: revision, direction: 'forwards', countMax: 1 })
    return event?.position ?? logStart
  }

  /** Our own events, when they stand right behind the expected revision. */
  async function findOwn({ stream, events, expected }: Append): Promise<Appended | undefined> {
    const from = typeof expected === 'number' ? expected + 1 : 'start'
    const page = { from, direction: 'forwards', countMax: events.length } as const
    const found: readonly RecordedEvent[] = await reader.readStream(stream, page)
    const last = found.at(-1)
    const isOwn = found.length === events.length && found.every((event, index) => event.id === events[index]?.id)
    return isOwn && last ? { revision: last.revision, position: last.position } : undefined
  }
}

function isRepeatable(expected: ExpectedRevision): boolean {
  return typeof expected === 'number' || expected === 'no-stream'
}

function toStreamState(expected: ExpectedRevision): AppendStreamState {
  if (typeof expected === 'number') return BigInt(expected)
  if (expected === 'any') return 'any'
  return expected === 'no-stream' ? 'no_stream' : 'stream_exists'
}

function toEventData({ id, type, data, metadata }: NewEvent): JSONEventData {
  return { id, type, data, metadata, contentType: 'application/json' }
}

function lateError(doing: string, deadlineMs: number): PlatformError {
  const message = `${doing} was not answered within ${deadlineMs} ms; whether it happened is not known. Send it again.`
  return new PlatformError('timeout', message, { facts: { deadlineMs } })
}
