/** What the official client does to a server while it is measured: each load says how much was done, and in what time. */
import { END, type EventData, jsonEvent, type KurrentDBClient, NO_STREAM, START } from '@kurrent/kurrentdb-client'
import { newUuid } from '#kernel/ids.ts'
import { benchEventData, benchEventType } from '#support/bench-event.ts'

export type Done = { readonly count: number; readonly seconds: number }

const historyBatch = 500
const newEvent = (): EventData => jsonEvent({ id: newUuid(), type: benchEventType, data: benchEventData })

/** Appends for a while, in `lanes` that each wait for their own answer and write to a stream of their own. */
export async function append(
  client: KurrentDBClient,
  { lanes, eventsEach, seconds }: { lanes: number; eventsEach: number; seconds: number },
): Promise<Done> {
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000
  let count = 0
  const lane = async (): Promise<void> => {
    const stream = `bench-${newUuid()}`
    let revision = -1
    while (performance.now() < endsAt) {
      const streamState = revision < 0 ? NO_STREAM : BigInt(revision)
      await client.appendToStream(stream, Array.from({ length: eventsEach }, newEvent), { streamState })
      revision += eventsEach
      count += eventsEach
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { count, seconds: secondsSince(startedAt) }
}

/** So many events in one stream, for those who read. */
export async function appendHistory(client: KurrentDBClient, eventCount: number): Promise<void> {
  const stream = `history-${newUuid()}`
  for (let count = 0; count < eventCount; count += historyBatch)
    await client.appendToStream(stream, Array.from({ length: historyBatch }, newEvent))
}

export async function readFromStart(client: KurrentDBClient, eventCount: number): Promise<Done> {
  const startedAt = performance.now()
  let count = 0
  for await (const _ of client.readAll({ fromPosition: START, maxCount: eventCount })) count++
  if (count !== eventCount) throw new Error(`${eventCount} events were to be read, ${count} came`)
  return { count, seconds: secondsSince(startedAt) }
}

/** Reads a subscription from the start until it has had so many events. */
export async function catchUp(client: KurrentDBClient, eventCount: number): Promise<Done> {
  const startedAt = performance.now()
  const subscription = client.subscribeToAll({ fromPosition: START })
  let count = 0
  await new Promise<void>((resolve, reject) => {
    subscription.on('error', reject)
    subscription.on('data', () => {
      if (++count === eventCount) resolve()
    })
  })
  const seconds = secondsSince(startedAt)
  await subscription.unsubscribe()
  return { count, seconds }
}

/** Milliseconds from the start of an append to its event at another client's subscription, one append at a time. */
export async function measureLatency(
  writer: KurrentDBClient,
  reader: KurrentDBClient,
  sampleCount: number,
): Promise<number[]> {
  const subscription = reader.subscribeToAll({ fromPosition: END })
  let arrived: () => void = () => undefined
  subscription.on('data', () => arrived())
  await new Promise<unknown>((resolve) => subscription.once('caughtUp', resolve))
  const stream = `bench-${newUuid()}`
  const samples: number[] = []
  for (let index = 0; index < sampleCount; index++) {
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const startedAt = performance.now()
    const streamState = index === 0 ? NO_STREAM : BigInt(index - 1)
    const appended = writer.appendToStream(stream, [newEvent()], { streamState })
    await arrival
    samples.push(performance.now() - startedAt)
    await appended
  }
  await subscription.unsubscribe()
  return samples
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000
}
