import type { ChangeEvent } from '#event-store/change-event.ts'
import { parseChangeEvent } from '#event-store/change-event.ts'
import type { EventStore, Feed } from '#event-store/event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'
import { createStopSignal } from '../stop-signal.ts'

const changesPrefix = 'changes-'
/** Change streams keep an hour. Away for longer than this, the last announcements may be gone, and no gap would show. */
const awayMsMax = 10 * 60_000

export interface ChangeFollower {
  /** Resolves when nothing is missed any more, and when it is stopped before that. */
  readonly ready: Promise<void>
  stop(): Promise<void>
}

/**
 * Follows the change streams of every projection from now on, and hands each announcement to `take`.
 *
 * Promises: announcements of one projection in order, none left out from the moment `ready` resolves; after trouble it
 * goes on where it was. What cannot be understood, or may have been forgotten by the store while it was away, is told to
 * `resync`: everything must be looked at again.
 */
export function followChanges(options: {
  store: EventStore
  take: (feed: string, change: ChangeEvent) => void
  resync: (why: string) => void
  clock: Clock
  random: Random
  log: Log
}): ChangeFollower {
  const { store, clock, random, log } = options
  let feed: Feed | undefined
  const signal = createStopSignal(clock)
  let position: Position | undefined
  const ready = Promise.withResolvers<void>()
  let awaySince: number | undefined

  const noteLive = (isLive: boolean): void => {
    if (!isLive) {
      awaySince ??= clock.now()
      return
    }
    const awayMs = awaySince === undefined ? 0 : clock.now() - awaySince
    awaySince = undefined
    if (awayMs > awayMsMax) options.resync(`changes were out of reach for ${Math.round(awayMs / 60_000)} minutes`)
  }

  const run = async (): Promise<void> => {
    for (let attempt = 0; !signal.isStopped; attempt++) {
      try {
        position ??= await store.head()
        if (signal.isStopped) return
        feed = store.follow({
          after: position,
          filter: { on: 'stream', prefixes: [changesPrefix] },
          onBatch: async (events, upTo) => {
            for (const event of events) {
              const change = parseChangeEvent(event.type, event.data)
              if (change) options.take(event.stream.slice(changesPrefix.length), change)
              else options.resync(`event ${event.id} in ${event.stream} is not a change this build understands`)
            }
            position = upTo
            attempt = 0
          },
          onLive: noteLive,
        })
        ready.resolve()
        await feed.finished
      } catch (error) {
        if (signal.isStopped) return
        noteLive(false)
        log.warning(`following changes failed, trying again: ${describeError(error)}`)
        await signal.pause(backOffMs(attempt, random))
      }
    }
  }
  const finished = run().finally(ready.resolve)

  return {
    ready: ready.promise,
    stop: async () => {
      signal.stop()
      await feed?.stop().catch(() => undefined)
      await finished
    },
  }
}
