import type {
  Appended,
  EventFilter,
  EventStore,
  ExpectedRevision,
  Feed,
  FeedState,
  FollowOptions,
  NewEvent,
  RecordedEvent,
} from '#event-store/event-store.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, logStart, type Position, toPosition } from '#kernel/position.ts'

/**
 * An event store in memory, for tests: passes the same contract suite as the real one, and needs no server.
 *
 * Promises: an append has happened when `append` was called, before its promise resolves; feeds hand over at once.
 */
export interface MemoryEventStore extends EventStore {
  /** Everything that was ever appended, in order. */
  readonly log: readonly RecordedEvent[]
  /** The events of one stream, all of them. */
  streamOf(stream: string): readonly RecordedEvent[]
}

const appendSizeBytesMax = 1_048_576
const batchCountMaxDefault = 1_000

export function createMemoryEventStore({ clock = systemClock }: { clock?: Clock } = {}): MemoryEventStore {
  const log: RecordedEvent[] = []
  const streams = new Map<string, RecordedEvent[]>()
  const retentions = new Map<string, { maxAgeSeconds?: number; maxCount?: number }>()
  const feeds = new Set<Feed>()
  let appended: Deferred<void> = createDeferred()
  let isClosed = false

  const streamOf = (stream: string): RecordedEvent[] => streams.get(stream) ?? []
  const refuseWhenClosed = (): void => {
    if (isClosed) throw new PlatformError('unavailable', 'The event store is closed.')
  }

  const write = (stream: string, events: readonly NewEvent[]): Appended => {
    const recorded = streamOf(stream)
    streams.set(stream, recorded)
    for (const event of events) {
      const position = toPosition(BigInt(log.length + 1), BigInt(log.length + 1))
      const copy = { ...structuredClone(event), stream, revision: recorded.length, position, storedAt: clock.now() }
      recorded.push(copy)
      log.push(copy)
    }
    const news = appended
    appended = createDeferred()
    news.resolve()
    return lastOf(recorded)
  }

  /** What a reader of the stream may see. */
  const visible = (stream: string): readonly RecordedEvent[] => {
    const { maxAgeSeconds = Infinity, maxCount = Infinity } = retentions.get(stream) ?? {}
    const oldest = clock.now() - maxAgeSeconds * 1_000
    return streamOf(stream)
      .slice(maxCount === Infinity ? 0 : -maxCount)
      .filter((event) => event.storedAt >= oldest)
  }

  return {
    log,
    streamOf,
    append: async (stream, events, expected) => {
      refuseWhenClosed()
      refuseTooLarge(stream, events)
      const repeated = judge(stream, streamOf(stream), events, expected)
      return repeated ? { revision: repeated.revision, position: repeated.position } : write(stream, events)
    },
    readStream: async (stream, options = {}) => {
      refuseWhenClosed()
      const { direction = 'forwards', countMax = 1_000 } = options
      const isForwards = direction === 'forwards'
      const from = options.from ?? (isForwards ? 'start' : 'end')
      const first = from === 'start' ? 0 : from === 'end' ? Infinity : from
      const matching = visible(stream).filter(({ revision }) => (isForwards ? revision >= first : revision <= first))
      return (isForwards ? matching : matching.toReversed()).slice(0, countMax)
    },
    readLog: async ({ beyond, direction, countMax, filter }) => {
      refuseWhenClosed()
      const matches = toPredicate(filter)
      const border = beyond === 'start' ? logStart : beyond === 'end' ? endOfLog : beyond
      const isForwards = direction === 'forwards'
      const behind = log.filter((event) => {
        const order = comparePositions(event.position, border)
        return (isForwards ? order > 0 : order < 0) && matches(event)
      })
      return (isForwards ? behind : behind.reverse()).slice(0, countMax)
    },
    head: async () => {
      refuseWhenClosed()
      return log.at(-1)?.position ?? logStart
    },
    follow: (options) => {
      const feed = startFeed(options, { log, appended: () => appended.promise })
      feeds.add(feed)
      return feed
    },
    keep: async (stream, retention) => void retentions.set(stream, retention),
    health: () => ({ state: isClosed ? 'lost' : 'ready', since: 0, words: '' }),
    onHealth: () => () => undefined,
    close: async () => {
      isClosed = true
      await Promise.all([...feeds].map((feed) => feed.stop()))
    },
  }
}

const endOfLog = toPosition(10n ** 20n - 1n, 10n ** 20n - 1n)

function startFeed(
  options: FollowOptions,
  source: { readonly log: readonly RecordedEvent[]; appended(): Promise<void> },
): Feed {
  const { onBatch, onLive, batchCountMax = batchCountMaxDefault } = options
  const matches = toPredicate(options.filter)
  const stopping = createDeferred<void>()
  let isStopped = false
  let state: FeedState = 'starting'
  let next = options.after === 'end' ? source.log.length : placeBehind(source.log, options.after)

  const run = async (): Promise<void> => {
    await Promise.resolve()
    while (!isStopped) {
      const news = source.appended()
      const batch: RecordedEvent[] = []
      while (next < source.log.length && batch.length < batchCountMax) {
        const event = source.log[next++]
        if (event && matches(event)) batch.push(event)
      }
      const upTo = source.log[next - 1]?.position ?? logStart
      if (batch.length > 0) await onBatch(batch, upTo)
      if (isStopped || next < source.log.length) continue
      if (state !== 'live') onLive?.(true)
      state = 'live'
      await Promise.race([news, stopping.promise])
    }
  }
  const finished = run().finally(() => {
    state = 'stopped'
  })
  finished.catch(() => undefined)
  return {
    state: () => state,
    finished,
    stop: async () => {
      isStopped = true
      stopping.resolve()
      await finished.catch(() => undefined)
    },
  }
}

function placeBehind(log: readonly RecordedEvent[], after: Position): number {
  const place = log.findIndex((event) => comparePositions(event.position, after) > 0)
  return place < 0 ? log.length : place
}

function toPredicate(filter: EventFilter | undefined): (event: RecordedEvent) => boolean {
  if (!filter) return () => true
  const textOf = (event: RecordedEvent): string => (filter.on === 'type' ? event.type : event.stream)
  if ('regex' in filter) {
    const pattern = new RegExp(filter.regex, 'u')
    return (event) => pattern.test(textOf(event))
  }
  return (event) => filter.prefixes.some((prefix) => textOf(event).startsWith(prefix))
}

/** The last event of the same append made before; undefined when it is to be written. Throws a conflict. */
function judge(
  stream: string,
  recorded: readonly RecordedEvent[],
  events: readonly NewEvent[],
  expected: ExpectedRevision,
): RecordedEvent | undefined {
  const revision = recorded.length - 1
  const namesPlace = typeof expected === 'number' || expected === 'no-stream'
  const holds =
    expected === 'any' ||
    (expected === 'stream-exists' && revision >= 0) ||
    revision === (expected === 'no-stream' ? -1 : expected)
  if (holds && namesPlace) return undefined
  const start = namesPlace
    ? (expected === 'no-stream' ? -1 : expected) + 1
    : recorded.findIndex((event) => event.id === events[0]?.id)
  if (!namesPlace && start < 0 && holds) return undefined
  const found = start < 0 ? [] : recorded.slice(start, start + events.length)
  if (found.length === events.length && found.every((event, index) => event.id === events[index]?.id))
    return lastOf(found)
  throw new PlatformError('revision-conflict', `${stream} is at ${revision}, expected was ${expected}.`, {
    facts: { stream, expected, found: revision },
  })
}

function refuseTooLarge(stream: string, events: readonly NewEvent[]): void {
  const sizeBytes = events.reduce(
    (sum, { data, metadata }) => sum + Buffer.byteLength(JSON.stringify(data) + JSON.stringify(metadata)),
    0,
  )
  if (sizeBytes <= appendSizeBytesMax) return
  throw new PlatformError('too-large', `An append to ${stream} has ${sizeBytes} bytes, at most ${appendSizeBytesMax}.`)
}

function lastOf(events: readonly RecordedEvent[]): RecordedEvent {
  const last = events.at(-1)
  if (!last) throw new Error('an append holds at least one event')
  return last
}
