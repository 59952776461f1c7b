import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import type { CompetingConsumer, CompetingConsumers } from '../competing-consumer.ts'
import type { EventStore, Feed, RecordedEvent } from '../event-store.ts'
import { createAppender } from './appender.ts'
import { createKurrentConnection } from './connection.ts'
import { startConsumer } from './consume.ts'
import { createDirectReader } from './direct-reader.ts'
import { startFeed } from './follow.ts'
import { keepStream } from './keep.ts'
import { loadKurrent } from './kurrent-client.ts'
import { createKurrentReader, type KurrentReader } from './reader.ts'
import { isSystemEvent } from './recorded-event.ts'
import { checkFilter } from './server-filter.ts'
import { within } from './waiting.ts'

export type KurrentEventStoreOptions = {
  readonly connectionString: string
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** An append that is not acknowledged by then is given up as `timeout` or `unavailable`. */
  readonly appendDeadlineMs?: number
  /** Nobody waits for what it reads of the log: the embedded server lets everybody else go first. */
  readonly isBackground?: boolean
}

const appendDeadlineMsDefault = 10_000
const firstAnswerDeadlineMs = 5_000
const streamPageCountDefault = 1_000

/**
 * The event store through the official client, whose defects end here.
 *
 * Promises: warmed when it resolves; should the server be away it resolves all the same after a few seconds, says so
 * in `health`, goes on trying, and what is asked of it waits within its deadlines.
 * Asks: one a process, closed in the end. Throws `bad-configuration` for a connection string that cannot be read.
 */
export async function openKurrentEventStore(
  options: KurrentEventStoreOptions,
): Promise<EventStore & CompetingConsumers> {
  const { connectionString, log, clock, random, appendDeadlineMs = appendDeadlineMsDefault } = options
  const kurrent = await loadKurrent()
  const connection = createKurrentConnection({ kurrent, connectionString, log, clock, random })
  const direct = createDirectReader(connectionString, clock, options)
  const reader = createKurrentReader(connection, clock, direct)
  const append = createAppender({ connection, reader, clock, deadlineMs: appendDeadlineMs })
  const feeds = new Set<Feed>()
  const consumers = new Set<CompetingConsumer>()

  const readStream: EventStore['readStream'] = (stream, { from, direction = 'forwards', countMax } = {}) =>
    reader.readStream(stream, {
      from: from ?? (direction === 'forwards' ? 'start' : 'end'),
      direction,
      countMax: countMax ?? streamPageCountDefault,
    })
  const readLog: EventStore['readLog'] = async (page) => {
    checkFilter(page.filter)
    return readOwnEvents(reader, page)
  }

  await within(clock, firstAnswerDeadlineMs, connection.ready(), () => new Error('late')).catch(() => undefined)
  return {
    append,
    readStream,
    readLog,
    head: () => reader.readHead(),
    follow: (followOptions) => {
      const feed = startFeed({ connection, reader, clock, log: log.named('feed') }, followOptions)
      feeds.add(feed)
      void feed.finished.catch(() => undefined).finally(() => feeds.delete(feed))
      return feed
    },
    join: (joinOptions) => {
      const consumer = startConsumer({ connection, kurrent, clock, log: log.named('consumer') }, joinOptions)
      consumers.add(consumer)
      return consumer
    },
    keep: (stream, retention) => keepStream({ append, readStream }, stream, retention),
    health: connection.health,
    onHealth: connection.onHealth,
    close: async () => {
      await Promise.all([...feeds, ...consumers].map((one) => one.stop()))
      direct.close()
      await connection.close()
    },
  }
}

/** A page without system events is filled up: a short page means that there is nothing further. */
async function readOwnEvents(reader: KurrentReader, wanted: Parameters<EventStore['readLog']>[0]) {
  const found: RecordedEvent[] = []
  let beyond = wanted.beyond
  for (;;) {
    const page = await reader.readBeyond({ ...wanted, beyond, countMax: wanted.countMax - found.length })
    for (const event of page.events) if (!isSystemEvent(event)) found.push(event)
    const last = page.events.at(-1)
    if (page.isLast || last === undefined || found.length >= wanted.countMax) return found
    beyond = last.position
  }
}
