import type { EventStore } from '#event-store/event-store.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { MemoryEventStore } from '#testing'
import type { ProcessClock } from './virtual-time.ts'

/** How the event store behaves for whoever reaches it now; a schedule changes it under way. */
export type StoreMood = {
  /** Nothing gets through. */
  isAway: boolean
  /** The part of appends whose answer is lost: before they took effect, or after. */
  lossChance: number
}

/**
 * One process's way to the event store: slow, lossy, and gone with the process. An append that was sent before the process
 * died may land after it, even after its successor began.
 */
export function reachStore(options: {
  store: MemoryEventStore
  mood: StoreMood
  clock: ProcessClock
  /** Of the store's own machine. */
  after: (delayMs: number, work: () => void) => void
  random: Random
}): EventStore {
  const { store, mood, clock, random } = options
  const trip = (): Promise<void> => new Promise((resolve) => clock.after(1 + random() * 8, resolve))
  const away = (): PlatformError => new PlatformError('unavailable', 'The event store cannot be reached.')
  const read = async <T>(ask: () => Promise<T>): Promise<T> => {
    await trip()
    if (mood.isAway) throw away()
    return ask()
  }
  return {
    ...store,
    append: (stream, events, expected) =>
      new Promise((resolve, reject) => {
        if (clock.isDead) return
        const isLost = random() < mood.lossChance
        const landsAnyway = random() < 0.5
        const isAway = mood.isAway
        const answer = (work: () => void): void => void clock.after(1 + random() * 4, work)
        if (isAway) return answer(() => reject(away()))
        options.after(1 + random() * 8, () => {
          if (isLost && !landsAnyway) return answer(() => reject(new PlatformError('timeout', 'No answer came.')))
          store.append(stream, events, expected).then(
            (appended) =>
              answer(() => (isLost ? reject(new PlatformError('timeout', 'No answer came.')) : resolve(appended))),
            (error: unknown) => answer(() => reject(error)),
          )
        })
      }),
    readStream: (stream, how) => read(() => store.readStream(stream, how)),
    readLog: (how) => read(() => store.readLog(how)),
    head: () => read(() => store.head()),
  }
}
