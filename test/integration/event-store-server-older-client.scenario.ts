/**
 * What the older official client (@eventstore/db-client) must be able to do with the embedded server, in a process of its
 * own: `bun <this file> <connection string>`. Prints one line of JSON with what it saw.
 */
import { BACKWARDS, END, EventStoreDBClient, jsonEvent, NO_STREAM, streamNameFilter } from '@eventstore/db-client'

const client = EventStoreDBClient.connectionString(process.argv[2] ?? '')
const events = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => jsonEvent({ type: 'Counted', data: { value: from + index } }))
async function collectValues(
  source: AsyncIterable<{ event?: { data: unknown } | undefined }>,
  count = Number.MAX_SAFE_INTEGER,
) {
  const values: number[] = []
  for await (const { event } of source)
    if (event && values.push((event.data as { value: number }).value) === count) break
  return values
}

const typeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: { type?: string }) => error.type ?? String(error),
  )

const credentials = { username: 'admin', password: 'changeit' }
const first = await client.appendToStream('older-1', events(0, 600), { expectedRevision: NO_STREAM })
const second = await client.appendToStream('older-1', events(600, 601), {
  expectedRevision: first.nextExpectedRevision,
  credentials,
})
const conflicts = [
  await typeOf(client.appendToStream('older-1', events(0, 1), { expectedRevision: NO_STREAM })),
  await typeOf(client.appendToStream('older-1', events(0, 1), { expectedRevision: 3n, credentials })),
]
const page = await collectValues(client.readStream('older-1', { fromRevision: 300n, maxCount: 300 }))
const lastOfAll = await collectValues(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }))
const missing = await typeOf(collectValues(client.readStream('nobody-1')))

const catchUp = client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['older-'] }) })
const caughtUp = await collectValues(catchUp, 601)
await catchUp.unsubscribe()
const live = client.subscribeToStream('older-1', { fromRevision: END })
await new Promise((resolve) => live.once('confirmation', resolve))
await client.appendToStream('older-1', events(601, 602))
const lived = await collectValues(live, 1)
await live.unsubscribe()

await client.setStreamMetadata('older-1', { maxCount: 2 })
const metadata = (await client.getStreamMetadata('older-1')).metadata
const kept = await collectValues(client.readStream('older-1'))
await client.tombstoneStream('older-1')
const tombstoned = await typeOf(collectValues(client.readStream('older-1')))

console.log(
  JSON.stringify({
    revisions: [first, second].map((result) => Number(result.nextExpectedRevision)),
    conflicts,
    page: [page.length, page[0], page.at(-1)],
    lastOfAll,
    missing,
    isInOrder: caughtUp.every((value, index) => value === index),
    lived,
    metadata,
    kept,
    tombstoned,
  }),
)
await client.dispose()
