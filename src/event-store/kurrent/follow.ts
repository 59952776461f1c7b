import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import { bytesAnEvent } from '../bytes-an-event.ts'
import type { Feed, FeedState, FollowOptions, RecordedEvent } from '../event-store.ts'
import type { KurrentConnection } from './connection.ts'
import { openLiveTail } from './live-tail.ts'
import type { KurrentReader } from './reader.ts'
import { isSystemEvent } from './recorded-event.ts'
import { checkFilter } from './server-filter.ts'
import { toStoreError } from './store-error.ts'
import { Stopped, unlessStopped } from './waiting.ts'

export type FeedParts = {
  readonly connection: KurrentConnection
  readonly reader: KurrentReader
  readonly clock: Clock
  readonly log: Log
}

/** What a handler threw, so that it is not mistaken for a failure of the store. */
class HandlerFailure extends Error {
  override readonly name = 'HandlerFailure'
}

/**
 * A page costs tens of milliseconds beside its events, as the client's reader waits for the network's acknowledgements: so
 * it is as large as a batch may be, where events are small enough for many feeds to hold such pages at once.
 */
const pageCountMin = 2_000
const pageBytesMax = 8 * 1024 * 1024
const batchCountMaxDefault = 1_000
/** Progress without an event is handed over this often at most: whoever records it appends, and feeds read that too. */
const bareProgressMsMin = 5_000

/**
 * Reads history in pages, twice as fast as a subscription would bring it, then subscribes from where the pages ended.
 * Whatever breaks, it goes on behind the last batch whose handler has returned; nothing is handed over twice by it.
 */
export function startFeed({ connection, reader, clock, log }: FeedParts, options: FollowOptions): Feed {
  checkFilter(options.filter)
  const { onBatch, onLive, filter, batchCountMax = batchCountMaxDefault } = options
  const stopping = new AbortController()
  const finished = createDeferred()
  finished.promise.catch(() => undefined)
  let state: FeedState = 'starting'
  let isLive = false
  let upTo = options.after
  let handedOverAt = clock.now()
  let pageCount = pageCountMin
  const done = run()

  async function run(): Promise<void> {
    try {
      for (let attempt = 0; ; attempt++) {
        const before = upTo
        await followUntilLost()
        if (upTo !== before) attempt = 0
        await unlessStopped(stopping.signal, connection.backOff(attempt))
      }
    } catch (error) {
      state = 'stopped'
      if (error instanceof Stopped) return finished.resolve()
      const cause = error instanceof HandlerFailure ? error.cause : error
      log.error('A feed stopped: its handler failed', { words: describeError(cause), upTo })
      finished.reject(cause)
    }
  }

  /** Returns when the store was lost; throws what a handler threw, or `Stopped`. */
  async function followUntilLost(): Promise<void> {
    try {
      await unlessStopped(stopping.signal, connection.ready())
      state = 'catching-up'
      await readHistory()
      await followTail()
    } catch (error) {
      if (stopping.signal.aborted) throw error instanceof HandlerFailure ? error : new Stopped('Stopped')
      if (error instanceof HandlerFailure) throw error
      const failure = toStoreError(error, 'Following the log')
      const report = isPlatformError(failure, 'unavailable') ? log.debug : log.warning
      report('A feed lost the event store; it goes on when the store is back', { words: describeError(failure), upTo })
      state = 'waiting'
      await changeLive(false)
      connection.noteFailure(failure)
    }
  }

  async function readHistory(): Promise<void> {
    const head = await unlessStopped(stopping.signal, reader.readHead({ withSystemEvents: true }))
    if (upTo === 'end') upTo = head
    let next = readPage(upTo, head)
    for (;;) {
      const page = await unlessStopped(stopping.signal, next)
      if (page === undefined) return
      if (!page.isLast) next = readPage(page.upTo, head)
      next.catch(() => undefined)
      await handOver(page.events, page.upTo)
      if (page.isLast) return
    }
  }

  /**
   * The last page has looked through all there was when the head was read, matching or not. Undefined when the page
   * takes too long: in a long log with few matches the subscription gets there by itself.
   */
  async function readPage(beyond: Position, head: Position) {
    try {
      const page = await reader.readBeyond({ beyond, direction: 'forwards', countMax: pageCount, filter })
      const reached = page.events.at(-1)?.position ?? beyond
      if (!page.isLast) pageCount = fittingPageCount(page.events)
      const lookedAt = page.isLast && comparePositions(head, reached) > 0 ? head : reached
      return { events: page.events.filter((event) => !isSystemEvent(event)), upTo: lookedAt, isLast: page.isLast }
    } catch (error) {
      if (isPlatformError(error, 'timeout')) return undefined
      throw error
    }
  }

  function fittingPageCount(events: readonly RecordedEvent[]): number {
    const fitting = Math.floor(pageBytesMax / bytesAnEvent(events))
    return Math.max(pageCountMin, Math.min(batchCountMax, fitting))
  }

  async function followTail(): Promise<void> {
    const after = upTo
    if (after === 'end') return
    const tail = openLiveTail({ client: connection.calls(), clock, after, filter, countMax: batchCountMax })
    const close = () => tail.close()
    stopping.signal.addEventListener('abort', close, { once: true })
    try {
      for (;;) {
        const batch = await tail.take()
        if (stopping.signal.aborted) throw new Stopped('Stopped')
        if (batch.upTo !== undefined) await handOver(batch.events, batch.upTo)
        if (batch.isLive !== undefined) await changeLive(batch.isLive)
      }
    } finally {
      stopping.signal.removeEventListener('abort', close)
      tail.close()
    }
  }

  async function handOver(events: readonly RecordedEvent[], reached: Position): Promise<void> {
    if (events.length === 0) return handOverProgress(reached)
    for (let start = 0; start < events.length; start += batchCountMax) {
      const batch = events.slice(start, start + batchCountMax)
      const isLast = start + batchCountMax >= events.length
      await handle(batch, isLast ? reached : (batch.at(-1)?.position ?? reached))
    }
  }

  /** Remembered in any case, handed over now and then. */
  async function handOverProgress(reached: Position): Promise<void> {
    if (upTo !== 'end' && comparePositions(reached, upTo) <= 0) return
    if (clock.now() - handedOverAt >= bareProgressMsMin) await handle([], reached)
    upTo = reached
  }

  async function handle(events: readonly RecordedEvent[], reached: Position): Promise<void> {
    if (stopping.signal.aborted) throw new Stopped('Stopped')
    try {
      await onBatch(events, reached)
    } catch (cause) {
      throw new HandlerFailure('The handler failed', { cause })
    }
    handedOverAt = clock.now()
    upTo = reached
  }

  async function changeLive(next: boolean): Promise<void> {
    if (next) state = 'live'
    else if (state === 'live') state = 'catching-up'
    if (isLive === next) return
    isLive = next
    try {
      onLive?.(next)
    } catch (cause) {
      throw new HandlerFailure('The handler failed', { cause })
    }
  }

  return {
    state: () => state,
    finished: finished.promise,
    stop: async () => {
      stopping.abort()
      await done
    },
  }
}
