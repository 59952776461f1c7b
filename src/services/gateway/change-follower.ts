import type { ChangeEvent } from '#event-store/change-event.ts'
import { parseChangeEvent } from '#event-store/change-event.ts'
import type { EventStore, Feed } from '#event-store/event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'

const changesPrefix = 'changes-'

/**
 * Follows the change streams of every projection from now on, and hands each announcement to `take`.
 *
 * Promises: announcements of one projection in order, none left out from the moment `ready` resolves; after trouble it
 * goes on where it was. One that cannot be understood is told to `resync`: what it announced must be looked at again.
 */
export function followChanges(options: {
  store: EventStore
  take: (feed: string, change: ChangeEvent) => void
  resync: (why: string) => void
  clock: Clock
  random: Random
  log: Log
}): { readonly ready: Promise<void>; stop(): Promise<void> } {
  const { store, clock, random, log } = options
  let feed: Feed | undefined
  let isStopping = false
  let position: Position | undefined
  const ready = Promise.withResolvers<void>()

  const run = async (): Promise<void> => {
    for (let attempt = 0; !isStopping; attempt++) {
      try {
        position ??= await store.head()
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
        })
        ready.resolve()
        await feed.finished
      } catch (error) {
        if (isStopping) return
        log.warning(`following changes failed, trying again: ${describeError(error)}`)
        await pause(clock, backOffMs(attempt, random))
      }
    }
  }
  const finished = run()

  return {
    ready: ready.promise,
    stop: async () => {
      isStopping = true
      await feed?.stop().catch(() => undefined)
      await finished
    },
  }
}
