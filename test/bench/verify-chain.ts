/**
 * How fast the whole log is compared with its hash chain: `--events N` (1,000,000).
 *
 * The event store is a real process, the chain is in a real Postgres. The reference is the bare reading of the same events
 * through the same port in the same run.
 */
import { parseArgs } from 'node:util'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { iterateBlocks } from '#evidence/evidence-blocks.ts'
import { chainedEvents, startEvidenceKeeper } from '#evidence/keep-evidence.ts'
import { verifyEvidence } from '#evidence/verify-evidence.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import type { logStart } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import { eventually } from '#support/eventually.ts'
import { migratedDatabase } from '#support/migrated-database.ts'
import { appendHistory } from './event-store-loads.ts'
import { makeBenchFolder, startEventStore } from './event-store-targets.ts'
import { median, printFigure } from './figure.ts'

const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } })
const eventCount = Number(values.events)
const rounds = 3

using folder = makeBenchFolder()
await using server = await startEventStore(folder.path)
await using database = await migratedDatabase(4)
await appendHistory(server.connect(), eventCount)
const store = await openKurrentEventStore({
  connectionString: server.connectionString,
  log: silentLog,
  clock: systemClock,
  random: systemRandom,
})

const chainedIn = await measure(async () => {
  const keeper = startEvidenceKeeper({
    store,
    sql: database.sql,
    anchorFolders: [],
    epoch: 1,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })
  await eventually('all is chained', () => keeper.status().eventCount >= eventCount)
  await keeper.stop()
})
const reading: number[] = []
const verifying: number[] = []
for (let round = 0; round < rounds; round++) {
  reading.push(eventCount / (await measure(readAll)))
  verifying.push(eventCount / (await measure(verify)))
}
const figure = { bench: 'verify-chain', unit: 'events/s', reference: median(reading), referenceName: 'bare reading' }
printFigure({ ...figure, metric: `verifying ${eventCount} events`, value: median(verifying) })
printFigure({ ...figure, metric: `chaining ${eventCount} events`, value: eventCount / chainedIn })
await store.close()

async function verify(): Promise<void> {
  const found = await verifyEvidence({ store, blocks: iterateBlocks(database.sql), anchors: [] })
  if (found.findings.length > 0 || found.eventCount !== eventCount) throw new Error('the log is as it was recorded')
}

async function readAll(): Promise<void> {
  let count = 0
  for (let beyond: typeof logStart | 'start' = 'start'; ; ) {
    const page = await store.readLog({ beyond, direction: 'forwards', countMax: 4_096, filter: chainedEvents })
    count += page.length
    const last = page.at(-1)
    if (!last) break
    beyond = last.position
  }
  if (count !== eventCount) throw new Error(`${eventCount} events were to be read, ${count} came`)
}

/** Seconds that the work takes. */
async function measure(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1_000
}
