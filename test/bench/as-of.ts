/**
 * How long it takes to see what was: `--events N` (1,000,000).
 *
 * The event store is a real process, the rows are in a real Postgres. A tenth as many rows as events; a screen shows a
 * hundredth of the rows. References of the same run: the same rows selected live, and the bare reading of the stream.
 */
import { parseArgs } from 'node:util'
import { doublePrecision, index, integer, text } from 'drizzle-orm/pg-core'
import { defineDecider, evolveOn } from '#action/decider.ts'
import { defineEvent } from '#action/define-action.ts'
import { loadEntityThen } from '#action/entity-past.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import type { Position } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import { defineProjection } from '#projection/define-projection.ts'
import { createPast } from '#projection/past/past.ts'
import type { PastAnswer } from '#projection/past/past-answer.ts'
import { positionAt } from '#projection/past/position-at.ts'
import { shadowDefinition } from '#projection/past/shadow-definition.ts'
import { projectionFilter } from '#projection/projection-filter.ts'
import { defineReadModel } from '#projection/read-model.ts'
import { selectRowsWhere } from '#storage/select-rows.ts'
import { migratedDatabase } from '#support/migrated-database.ts'
import { integer as wholeNumber, text as words } from '#vortex/protocol/fields.ts'
import { makeBenchFolder, startEventStore } from './event-store-targets.ts'
import { median, percentile, printFigure } from './figure.ts'

const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } })
const eventCount = Number(values.events)
const eventsPerRow = 10
const eventsPerAppend = 5
const rowCount = Math.ceil(eventCount / eventsPerRow)
const siteCount = 100
const inFlightMax = 256
const looks = 20
const projection = 'bench.pumps'
const firstAt = Date.UTC(2026, 0, 1)

const PumpChanged = defineEvent('bench.PumpChanged', {
  version: 1,
  fields: { site: words(), pressure: wholeNumber(), note: words() },
})
const pumps = defineReadModel('bench', 'pumps', (schema) => ({
  pumps: schema.table(
    'pumps',
    {
      id: text('id').primaryKey(),
      site: text('site').notNull(),
      pressure: integer('pressure').notNull(),
      changeCount: integer('change_count').notNull(),
      note: text('note').notNull(),
      changedAt: doublePrecision('changed_at').notNull(),
    },
    (table) => [index('pumps_by_site').on(table.site)],
  ),
}))
const definition = defineProjection({
  version: 1,
  model: pumps,
  on: (on) => [
    on(PumpChanged, ({ entityId: id, data, recordedAt }, tables) =>
      tables.pumps.upsert(id, (row) => {
        const changeCount = (row?.changeCount ?? 0) + 1
        return { id, site: data.site, pressure: data.pressure, changeCount, note: data.note, changedAt: recordedAt }
      }),
    ),
  ],
})
const decider = defineDecider<{ readonly pressure: number }>({
  category: 'Pump',
  initialState: () => ({ pressure: 0 }),
  decide: [],
  evolve: [evolveOn(PumpChanged, (_, { pressure }) => ({ pressure }))],
})

using folder = makeBenchFolder()
await using server = await startEventStore(folder.path)
await using database = await migratedDatabase(4)
const { sql } = database
const { connectionString } = server
const store = await openKurrentEventStore({
  connectionString,
  log: silentLog,
  clock: systemClock,
  random: systemRandom,
})
await record()
const end = await store.head()
const reading = await timed(readAll)
const past = createPast({ sql, store, definitions: [definition], clock: systemClock, log: silentLog })

const walking = await timed(() => ask(() => past.rowsAt(projection, end)))
const rate = { bench: 'as-of', unit: 'events/s', reference: (eventCount / reading) * 1_000 }
printFigure({
  ...rate,
  metric: `walking ${eventCount} events for the first question`,
  value: (eventCount / walking) * 1_000,
  referenceName: 'bare reading',
})

const walked = must((await sql`select schema_name from platform.past_walks`)[0], 'it was walked')
const live = must(shadowDefinition(definition, String(walked.schema_name)).model.tables.pumps, 'it is its table')
const timings = { screen: [] as number[], again: [] as number[], live: [] as number[], moment: [] as number[] }
const explain: number[] = []
const entity = { past: [] as number[], bare: [] as number[] }
for (let look = 0; look < looks; look++) {
  const instant = firstAt + Math.floor(systemRandom() * eventCount)
  const finding = positionAt(store, instant)
  timings.moment.push(await timed(() => finding))
  const position = await finding
  const where = { site: `site-${look % siteCount}` }
  const screen = () =>
    ask(() => past.rowsAt(projection, position)).then((rows) =>
      rows.select('pumps', { where, orderBy: ['note'], countMax: 20_000 }),
    )
  timings.screen.push(await timed(screen))
  timings.again.push(await timed(screen))
  const fields = ['id', 'site', 'pressure', 'changeCount', 'note', 'changedAt']
  timings.live.push(await timed(() => selectRowsWhere(sql, { table: live, fields, where, countMax: 20_000 })))
  const stream = streamOf(Math.floor(systemRandom() * rowCount))
  // Whoever reads a stream first also warms it, so each side is first every other time.
  const sides = [
    async () => entity.bare.push(await timed(() => store.readStream(stream))),
    async () =>
      entity.past.push(await timed(() => loadEntityThen(store, [{ plugin: 'bench', decider }], stream, { position }))),
  ]
  for (const side of look % 2 ? sides : sides.toReversed()) await side()
  if (look < 5) explain.push(await timed(() => ask(() => past.explain([position]))))
}
const ms = { bench: 'as-of', unit: 'ms' }
const liveMs = { ...ms, reference: median(timings.live), referenceName: 'the same rows selected live' }
printFigure({ ...liveMs, metric: 'a screen at another moment, p50', value: median(timings.screen) })
printFigure({ ...liveMs, metric: 'a screen at another moment, slowest', value: percentile(timings.screen, 1) })
printFigure({ ...liveMs, metric: 'a screen at the same moment again, p50', value: median(timings.again) })
const bareMs = { ...ms, reference: median(entity.bare), referenceName: 'bare reading of its stream' }
printFigure({ ...bareMs, metric: 'an entity, p50', value: median(entity.past) })
printFigure({ ...bareMs, metric: 'an entity, slowest', value: percentile(entity.past, 1) })
printFigure({ ...bareMs, metric: 'a time found in the log, p50', value: median(timings.moment) })
printFigure({ ...liveMs, metric: 'the rows an event changed, p50', value: median(explain) })
const [disk] = await sql`select sum(size_bytes)::float8 as bytes, count(*)::int as n from platform.past_rows`
const [tables] = await sql.unsafe(`select pg_total_relation_size('"${walked.schema_name}".pumps')::float8 as bytes`)
printFigure({
  bench: 'as-of',
  metric: `disk of ${disk?.n} copies`,
  value: Number(disk?.bytes) / 1e6,
  unit: 'MB',
  reference: Number(tables?.bytes) / 1e6,
  referenceName: 'the live table',
})
await past.stop()
await store.close()

/** Each row is changed twice, five events at a time, one thousandth of a second between events. */
async function record(): Promise<void> {
  let written = 0
  const lane = async (): Promise<void> => {
    while (written < eventCount) {
      const from = written
      written += eventsPerAppend
      const row = Math.floor(from / eventsPerAppend) % rowCount
      const count = Math.min(eventsPerAppend, eventCount - from)
      const events = Array.from({ length: count }, (_, index) => newEvent(row, from + index))
      await store.append(streamOf(row), events, 'any')
    }
  }
  await Promise.all(Array.from({ length: inFlightMax }, lane))
}

function newEvent(row: number, place: number) {
  const id = newUuid()
  const metadata = toMetadata({
    actionId: id,
    correlationId: id,
    causationId: id,
    user: 'ann',
    device: 'tablet-1',
    service: 'field',
    plugin: 'bench',
    pluginVersion: '1.0.0',
    schemaVersion: 1,
    occurredAt: firstAt + place,
    recordedAt: firstAt + place,
  })
  const data = { site: `site-${row % siteCount}`, pressure: place % 997, note: `Pump ${row} reports its pressure` }
  return { id, type: PumpChanged.name, data, metadata }
}

function streamOf(row: number): string {
  return `bench.Pump-${row}`
}

async function readAll(): Promise<void> {
  let count = 0
  for (let beyond: Position | 'start' = 'start'; ; ) {
    const filter = projectionFilter(definition)
    const page = await store.readLog({ beyond, direction: 'forwards', countMax: 4_000, filter })
    count += page.length
    const last = page.at(-1)
    if (!last) break
    beyond = last.position
  }
  if (count !== eventCount) throw new Error(`${eventCount} events were to be read, ${count} came`)
}

async function ask<T>(question: () => Promise<PastAnswer<T>>): Promise<T> {
  for (;;) {
    const answer = await question()
    if (answer.state === 'ready') return answer.value
  }
}

/** Milliseconds that the work takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
