/** A history of actions on many entities, as their plugin would have recorded it, appended in large batches. */
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { startTarget } from './event-store-targets.ts'

export type BenchHistory = { readonly eventCount: number; readonly counterIds: readonly string[] }

/** Whose history it is: the entity's category, the action that makes one, and the one that all others are. */
export type BenchStory = {
  readonly plugin: string
  readonly category: string
  first(id: string): { readonly type: string; readonly data: JsonObject }
  further(id: string): { readonly type: string; readonly data: JsonObject }
}

const counterStory: BenchStory = {
  plugin: 'bench',
  category: 'Counter',
  first: (counterId) => ({ type: 'bench.AddCounter', data: { counterId, group: 'g0' } }),
  further: (counterId) => ({ type: 'bench.BumpCounter', data: { counterId, by: 1 } }),
}

const batchCount = 10
const lanes = 64

/** Starts the event store on the file alone, fills it, and stops it again: nobody projects meanwhile. */
export async function recordBenchHistory(
  file: string,
  options: { eventCount: number; counterCount: number; story?: BenchStory },
): Promise<BenchHistory> {
  const { eventCount, counterCount, story = counterStory } = options
  await using server = await startTarget(['src/event-store-server/main.ts', '--file', file, '--port', '0'])
  const { connectionString } = server
  const store = await openKurrentEventStore({
    connectionString,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
  const counterIds = Array.from({ length: counterCount }, newUuid)
  const perCounter = Math.max(1, Math.round(eventCount / counterCount))
  let started = 0
  const lane = async (): Promise<void> => {
    while (started < counterCount * perCounter) {
      const first = started
      started += batchCount
      await Promise.all(recordPiece(first))
    }
  }
  /** Round by round over all counters, so that each is touched again and again through the whole log. */
  const recordPiece = (first: number): Promise<unknown>[] => {
    const turn = Math.floor(first / batchCount)
    const counterId = counterIds[turn % counterCount] ?? ''
    const isFirst = turn < counterCount
    const events = Array.from({ length: batchCount }, (_, index) => eventOf(story, counterId, isFirst && index === 0))
    return [
      store.append(`${story.plugin}.${story.category}-${counterId}`, events, isFirst ? 'no-stream' : 'stream-exists'),
    ]
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  await store.close()
  return { eventCount: counterCount * perCounter, counterIds }
}

function eventOf(story: BenchStory, counterId: string, isFirst: boolean) {
  const id = newUuid()
  const now = Date.now()
  return {
    id,
    ...(isFirst ? story.first(counterId) : story.further(counterId)),
    metadata: toMetadata({
      actionId: id,
      correlationId: id,
      causationId: id,
      user: 'guest',
      device: counterId,
      service: 'field',
      plugin: story.plugin,
      pluginVersion: '0.1.0',
      schemaVersion: 1,
      occurredAt: now,
      recordedAt: now,
    }),
  }
}
