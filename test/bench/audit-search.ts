/**
 * Finding one event among many. `--events N`: how many there are, a million without it.
 *
 * The list of events is filled by its projector from a part of them, beside the list of past actions over the same log;
 * the rest are copies of that part, made in the database. Then a text that stands nowhere is looked for, beside a count of
 * the same table that looks into nothing, and all is exported, beside the same pages read and thrown away.
 */
import { createEventSearch } from '#audit/event-search.ts'
import { createExports } from '#audit/exports.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid, offsetUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import type { Position } from '#kernel/position.ts'
import type { ProjectionDefinition } from '#projection/define-projection.ts'
import { startProjector } from '#projection/projector.ts'
import { actionAudit } from '#projections/action-audit/action-audit.ts'
import { eventSearch, eventSearchModel } from '#projections/event-search/event-search.ts'
import { migratedDatabase } from '#support/migrated-database.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { median, printFigure } from './figure.ts'

const bench = 'audit-search'
const at = Bun.argv.indexOf('--events')
const eventCount = at < 0 ? 1_000_000 : Number(Bun.argv[at + 1])
const projectedCount = Math.min(50_000, eventCount)
const table = `"${eventSearchModel.schemaName}".events`
const store = createMemoryEventStore()

await using fresh = await migratedDatabase(4)
const { sql } = fresh
await recordSome()
// What the projectors announce stands behind it.
const head = await store.head()
const reference = await projectAll(actionAudit)
printFigure({
  bench,
  metric: 'events listed',
  value: await projectAll(eventSearch),
  unit: 'events/s',
  reference,
  referenceName: 'list of past actions over the same log',
})
await multiply()

const search = createEventSearch({ sql })
const newest = { order: 'newest', countMax: 50 } as const
const countAll = await timesMs(() => sql.unsafe(`select count(*) from ${table}`))
for (const [metric, query] of [
  ['text that stands nowhere', { text: 'nothing of it' }],
  ['text that stands often', { text: 'offset: 77' }],
  ['one entity', { entity: 'pole-77' }],
  ['one person', { user: 'user-7' }],
  ['ten seconds of device time', { time: 'occurred', from: 1_790_000_050_000, to: 1_790_000_060_000 }],
] as const)
  printFigure({
    bench,
    metric,
    value: await timesMs(() => search.find(query, newest)),
    unit: 'ms',
    reference: countAll,
    referenceName: 'count of the whole table',
  })

const bareRate = await rateOf(async () => {
  let count = 0
  for (let beyond: Position | undefined; ; ) {
    const page = await search.find({}, { order: 'oldest', countMax: 1_000, beyond })
    count += page.events.length
    if (page.next === null) return count
    beyond = page.next as Position
  }
})
// What the pages before left behind is not the export's.
Bun.gc(true)
const before = process.memoryUsage().rss
let peak = before
const exported = await createExports(systemClock).begin({ search, query: {}, format: 'csv' })
const exportRate = await rateOf(async () => {
  for await (const _ of exported.open()) peak = Math.max(peak, process.memoryUsage().rss)
  return exported.status().rowCount
})
printFigure({
  bench,
  metric: 'export as CSV',
  value: exportRate,
  unit: 'events/s',
  reference: bareRate,
  referenceName: 'the same pages, thrown away',
})
printFigure({
  bench,
  metric: 'memory an export adds',
  value: (peak - before) / 1e6,
  unit: 'MB',
  reference: exported.status().byteCount / 1e6,
  referenceName: 'size of its file',
})

async function recordSome(): Promise<void> {
  for (let index = 0; index < projectedCount / 2; index++) {
    const id = newUuid()
    const metadata = toMetadata({
      actionId: id,
      correlationId: id,
      causationId: id,
      user: `user-${index % 50}`,
      device: `device-${index % 200}`,
      service: 'field',
      plugin: 'shop',
      pluginVersion: '1.0.0',
      schemaVersion: 1,
      occurredAt: 1_790_000_000_000 + index * 10,
      recordedAt: 1_790_000_000_000 + index * 10,
    })
    const data = { orderId: newUuid(), offset: index, note: `words that somebody typed in the field, ${newUuid()}` }
    await store.append(
      `shop.Order-pole-${index % 10_000}`,
      [
        { id, type: 'shop.ChangeOrder', data, metadata },
        { id: offsetUuid(id, 1), type: 'shop.OrderChanged', data: { to: index, by: newUuid() }, metadata },
      ],
      'any',
    )
  }
}

/** Events a second from an empty read model to the end of the log. */
async function projectAll(definition: ProjectionDefinition): Promise<number> {
  const startedAt = performance.now()
  const options = { store, sql, clock: systemClock, random: Math.random, log: silentLog, epoch: 1, watchedFields: {} }
  const reached = Promise.withResolvers<void>()
  const projector = startProjector({
    ...options,
    definition,
    onStatus: ({ position }) => position >= head && reached.resolve(),
  })
  await reached.promise
  const seconds = (performance.now() - startedAt) / 1_000
  await projector.stop()
  return projectedCount / seconds
}

async function multiply(): Promise<void> {
  const copied = `kind, type, schema_version, plugin, category, entity_id, stream, revision, action_id, correlation_id,
    causation_id, by_user, by_device, service, data, search_text`
  for (let copy = 1; copy * projectedCount < eventCount; copy++)
    await sql.unsafe(
      `insert into ${table} (position, event_id, occurred_at, recorded_at, ${copied})
       select lpad((position::numeric + ${copy * 10 * projectedCount})::text, 20, '0'), gen_random_uuid(),
         occurred_at + ${copy * projectedCount * 5}, recorded_at + ${copy * projectedCount * 5}, ${copied}
       from ${table} order by position limit ${projectedCount}`,
    )
  await sql.unsafe(`vacuum analyze ${table}`)
}

async function timesMs(work: () => PromiseLike<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    const startedAt = performance.now()
    await work()
    times.push(performance.now() - startedAt)
  }
  return median(times)
}

async function rateOf(work: () => Promise<number>): Promise<number> {
  const startedAt = performance.now()
  const count = await work()
  return (count * 1_000) / (performance.now() - startedAt)
}

process.exit(0)
