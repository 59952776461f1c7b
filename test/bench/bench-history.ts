/** A history of counters, as the bench plugin's actions would have recorded it, appended in large batches. */
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { startTarget } from './event-store-targets.ts'

export type BenchHistory = { readonly eventCount: number; readonly counterIds: readonly string[] }

const batchCount = 10
const lanes = 64

/** Starts the event store on the file alone, fills it, and stops it again: nobody projects meanwhile. */
export async function recordBenchHistory(
  file: string,
  { eventCount, counterCount }: { eventCount: number; counterCount: number },
): Promise<BenchHistory> {
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
    const events = Array.from({ length: batchCount }, (_, index) => eventOf(counterId, isFirst && index === 0))
    return [store.append(`bench.Counter-${counterId}`, events, isFirst ? 'no-stream' : 'stream-exists')]
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  await store.close()
  return { eventCount: counterCount * perCounter, counterIds }
}

function eventOf(counterId: string, isFirst: boolean) {
  const id = newUuid()
  const now = Date.now()
  return {
    id,
    type: isFirst ? 'bench.AddCounter' : 'bench.BumpCounter',
    data: isFirst ? { counterId, group: 'g0' } : { counterId, by: 1 },
    metadata: toMetadata({
      actionId: id,
      correlationId: id,
      causationId: id,
      user: 'guest',
      device: counterId,
      service: 'field',
      plugin: 'bench',
      pluginVersion: '0.1.0',
      schemaVersion: 1,
      occurredAt: now,
      recordedAt: now,
    }),
  }
}
