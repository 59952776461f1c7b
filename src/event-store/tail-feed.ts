import { createDeferred } from '#kernel/deferred.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import { matchesFilter } from './event-filter.ts'
import type { EventStore, Feed, FeedState, FollowOptions, RecordedEvent } from './event-store.ts'
import type { Tail, TailListener } from './tail.ts'

/** Beyond this many waiting events a feed leaves the tail and reads for itself: bounded memory, and nobody waits for it. */
const waitingCountMaxDefault = 20_000
const batchCountMaxDefault = 1_000

type Phase =
  /** Reads the log by itself, until it is near the end. */
  | { readonly phase: 'own'; readonly feed: Feed }
  /** Hears the shared tail. */
  | { readonly phase: 'shared'; readonly waiting: RecordedEvent[] }
  | { readonly phase: 'switching' }
  | { readonly phase: 'over' }

/** One feed on a shared tail; see `LogTail`. */
export function startTailFeed(options: {
  tail: Tail
  store: EventStore
  asked: FollowOptions
  after: Position
  waitingCountMax?: number
}): Feed {
  const { tail, store, asked, waitingCountMax = waitingCountMaxDefault } = options
  const batchCountMax = asked.batchCountMax ?? batchCountMaxDefault
  const over = createDeferred<void>()
  over.promise.catch(() => undefined)
  let position = options.after
  let heardUpTo = position
  let phase: Phase = { phase: 'switching' }
  let working: Promise<void> | undefined

  const deliver = async (events: readonly RecordedEvent[], upTo: Position): Promise<void> => {
    await asked.onBatch(events, upTo)
    position = upTo
  }

  // -- catching up
  const readAlone = (): void => {
    const feed = store.follow({
      ...asked,
      after: position,
      onBatch: deliver,
      onLive: (isLive) => {
        if (isLive) void joinTail(feed)
        else asked.onLive?.(false)
      },
    })
    phase = { phase: 'own', feed }
    feed.finished.catch((error: unknown) => {
      if (phase.phase === 'own' && phase.feed === feed) end(error)
    })
  }

  /** Stops reading alone exactly where the tail goes on; stays alone when the tail does not reach back that far. */
  const joinTail = async (feed: Feed): Promise<void> => {
    if (phase.phase !== 'own' || phase.feed !== feed) return
    phase = { phase: 'switching' }
    await feed.stop()
    if (isOver()) return
    const joined = tail.join(listener, position)
    if (!joined) return stayAlone()
    phase = { phase: 'shared', waiting: joined.missed.filter(isWanted) }
    heardUpTo = joined.upTo
    asked.onLive?.(tail.isLive())
    pump()
  }
  const stayAlone = (): void => {
    const feed = store.follow({ ...asked, after: position, onBatch: deliver })
    phase = { phase: 'own', feed }
    feed.finished.catch(end)
  }

  // -- on the tail
  const isWanted = (event: RecordedEvent): boolean => !asked.filter || matchesFilter(asked.filter, event)
  const listener: TailListener = {
    take: (events, upTo) => {
      if (phase.phase !== 'shared') return
      heardUpTo = upTo
      for (const event of events) if (isWanted(event)) phase.waiting.push(event)
      if (phase.waiting.length > waitingCountMax) return leaveTail()
      pump()
    },
    onLive: (isLive) => {
      if (phase.phase === 'shared') asked.onLive?.(isLive)
    },
    fail: () => leaveTail(),
  }
  const leaveTail = (): void => {
    tail.leave(listener)
    if (isOver()) return
    phase = { phase: 'switching' }
    asked.onLive?.(false)
    void (working ?? Promise.resolve()).then(() => {
      if (phase.phase === 'switching') readAlone()
    })
  }
  const pump = (): void => {
    working ??= work().finally(() => {
      working = undefined
    })
  }
  const work = async (): Promise<void> => {
    try {
      while (phase.phase === 'shared' && (phase.waiting.length > 0 || comparePositions(heardUpTo, position) > 0)) {
        const events = phase.waiting.splice(0, batchCountMax)
        const upTo = phase.waiting.length > 0 ? (events.at(-1)?.position ?? heardUpTo) : heardUpTo
        await deliver(events, upTo)
      }
    } catch (error) {
      end(error)
    }
  }

  const isOver = (): boolean => phase.phase === 'over'
  const end = (error: unknown): void => {
    tail.leave(listener)
    phase = { phase: 'over' }
    over.reject(error)
  }
  const state = (): FeedState => {
    if (phase.phase === 'own') return phase.feed.state()
    if (phase.phase === 'shared') return tail.isLive() ? 'live' : 'waiting'
    return phase.phase === 'over' ? 'stopped' : 'catching-up'
  }

  void tail.ready.then(() => {
    if (phase.phase === 'switching') readAlone()
  })
  return {
    state,
    finished: over.promise,
    stop: async () => {
      const before = phase
      tail.leave(listener)
      phase = { phase: 'over' }
      if (before.phase === 'own') await before.feed.stop()
      await working
      over.resolve()
    },
  }
}
