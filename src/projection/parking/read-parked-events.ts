import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import type { ParkedRow } from './parked-rows.ts'

/** Streams asked for at once. */
const readersMax = 16
const pageCountMax = 500

/**
 * The parked events as the log holds them, in no order. One that is not there any more is missing from the answer:
 * its stream was truncated or deleted. Rejects when the store does not answer.
 */
export async function readParkedEvents(store: EventStore, rows: readonly ParkedRow[]): Promise<RecordedEvent[]> {
  const byStream = [...Map.groupBy(rows, ({ stream }) => stream)]
  const found: RecordedEvent[] = []
  const reader = async (): Promise<void> => {
    for (let next = byStream.pop(); next; next = byStream.pop()) found.push(...(await readStream(store, ...next)))
  }
  await Promise.all(Array.from({ length: readersMax }, reader))
  return found
}

async function readStream(store: EventStore, stream: string, rows: readonly ParkedRow[]): Promise<RecordedEvent[]> {
  const wanted = new Set(rows.map(({ eventId }) => eventId))
  const last = Math.max(...rows.map(({ revision }) => revision))
  const found: RecordedEvent[] = []
  for (let from = Math.min(...rows.map(({ revision }) => revision)); from <= last; ) {
    const page = await store.readStream(stream, { from, countMax: Math.min(pageCountMax, last - from + 1) })
    found.push(...page.filter(({ id }) => wanted.has(id)))
    const end = page.at(-1)?.revision
    if (end === undefined) break
    from = end + 1
  }
  return found
}
