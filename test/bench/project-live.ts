/**
 * A live projector alone, on the event store and the Postgres that come with us, both as durable as they are shipped: how
 * fast it catches up with `--events N` (default 200,000) of history, beside bare reads of the same events; then how late rows
 * are at 2,000 events/s for `--seconds N`, beside how late the same events reach a bare subscription.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { eventTypeFilter } from '@kurrent/kurrentdb-client'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { createLog } from '#kernel/log.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import { defineProjection } from '#projection/define-projection.ts'
import { startProjector } from '#projection/projector.ts'
import { openClient } from '#storage/client.ts'
import { startEmbeddedPostgres } from '#storage/embedded/start-embedded-postgres.ts'
import { migrate } from '#storage/migrate.ts'
import { makeHome } from '#support/make-home.ts'
import { projectFolder } from '#support/platform.ts'
import { AddToCounter } from '#testing/counter.ts'
import { counterModel } from '#testing/counter-model.ts'
import { startEventStore } from './event-store-targets.ts'
import { median, percentile, printFigure, secondsOf, sharedNowMs } from './figure.ts'

const rounds = 3
const eventsPerSecond = 2_000
const perAppend = 10
const seconds = secondsOf(Bun.argv, 8)
const eventsAt = Bun.argv.indexOf('--events')
const eventCount = eventsAt < 0 ? 200_000 : Number(Bun.argv[eventsAt + 1])
if (!Number.isSafeInteger(eventCount) || eventCount < 1_000) throw new Error('--events takes a number from 1000 on')
const counterCount = Math.ceil(eventCount / 10)

const counters = defineProjection({
  version: 1,
  model: counterModel,
  on: (on) => [
    on(AddToCounter, ({ data }, { counters: rows }) =>
      rows.upsert(data.counterId, (row) => ({
        id: data.counterId,
        sum: (row?.sum ?? 0) + data.amount,
        note: data.note,
      })),
    ),
  ],
})

const log = createLog('bench', ({ level, words }) => {
  if (level === 'warning' || level === 'error') console.error(words)
})
const home = makeHome('peek-project-live-')
await using server = await startEventStore(home)
const postgres = await startEmbeddedPostgres({ stateDir: join(home, 'postgres'), log })
await migrate({ url: postgres.url, sets: [{ id: 'platform', folder: join(projectFolder, 'migrations') }], log })
const sql = openClient({ url: postgres.url, log, applicationName: 'bench', maxConnections: 4 })
const opening = { connectionString: server.connectionString, log, clock: systemClock, random: systemRandom }
const store = await openKurrentEventStore(opening)
const client = server.connect()

/** Answers the position of the last. */
async function record(counterId: string): Promise<Position> {
  const now = Date.now()
  const events = Array.from({ length: perAppend }, (_, index) => {
    const id = newUuid()
    const metadata = {
      actionId: id,
      correlationId: id,
      causationId: id,
      user: 'guest',
      device: 'tablet-1',
      service: 'field',
      plugin: 'test',
      pluginVersion: '0.1.0',
      schemaVersion: 1,
      occurredAt: now,
      recordedAt: now,
    }
    return {
      id,
      type: AddToCounter.name,
      data: { counterId, amount: index, note: 'n' },
      metadata: toMetadata(metadata),
    }
  })
  return (await store.append(`test.Counter-${counterId}`, events, 'any')).position
}

let recorded = 0
const lane = async (): Promise<void> => {
  while (recorded < eventCount) {
    const turn = recorded / perAppend
    recorded += perAppend
    await record(`c${turn % counterCount}`)
  }
}
await Promise.all(Array.from({ length: 64 }, lane))

const waiting = new Set<() => void>()
let position: Position = logStart
const start = () =>
  startProjector({
    definition: counters,
    store,
    sql,
    clock: systemClock,
    random: systemRandom,
    log,
    epoch: 1,
    watchedFields: { counters: { shown: ['id', 'sum'], pickedBy: ['id'] } },
    onStatus: (status) => {
      position = status.position
      for (const look of [...waiting]) look()
    },
  })
const until = (at: Position): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (comparePositions(position, at) < 0) return
      waiting.delete(look)
      resolve()
    }
    waiting.add(look)
    look()
  })

// -- catching up
const caughtUp: number[] = []
const bare: number[] = []
const filter = eventTypeFilter({ prefixes: ['test.'] })
// The first round warms everything up, and is not counted.
for (let round = 0; round <= rounds; round++) {
  const readAt = sharedNowMs()
  let count = 0
  for await (const _ of client.readAll({ filter })) count++
  const rate = count / ((sharedNowMs() - readAt) / 1_000)
  await sql.unsafe(`drop schema if exists "${counterModel.schemaName}" cascade`)
  const head = await store.readLog({
    beyond: 'end',
    direction: 'backwards',
    countMax: 1,
    filter: { on: 'type', prefixes: ['test.'] },
  })
  position = logStart
  const startedAt = sharedNowMs()
  const projector = start()
  await until(head[0]?.position ?? logStart)
  const took = sharedNowMs() - startedAt
  await projector.stop()
  if (round === 0) continue
  bare.push(rate)
  caughtUp.push(count / (took / 1_000))
}
printFigure({
  bench: 'project-live',
  metric: 'catch_up_events_per_second',
  value: median(caughtUp),
  unit: '1/s',
  reference: median(bare),
  referenceName: 'bare reads of the same events',
})

// -- live
const projector = start()
await until(await record('first'))
const heardAt = new Map<string, number>()
const tail = client.subscribeToAll({ fromPosition: 'end', filter })
tail.on('data', ({ event }) => {
  if (event?.isJson && event.revision % BigInt(perAppend) === BigInt(perAppend - 1))
    heardAt.set(event.streamId, sharedNowMs())
})
await new Promise((resolve) => tail.once('confirmation', resolve))
const lagsMs: number[] = []
const bareLagsMs: number[] = []
const under: Promise<void>[] = []
const startedAt = sharedNowMs()
for (let pushed = 0; sharedNowMs() - startedAt < seconds * 1_000; pushed++) {
  const pauseMs = startedAt + ((pushed * perAppend) / eventsPerSecond) * 1_000 - sharedNowMs()
  if (pauseMs > 0) await Bun.sleep(pauseMs)
  const counterId = `live${pushed}`
  const pushedAt = sharedNowMs()
  under.push(
    record(counterId)
      .then(until)
      .then(() => {
        lagsMs.push(sharedNowMs() - pushedAt)
        const heard = heardAt.get(`test.Counter-${counterId}`)
        if (heard !== undefined) bareLagsMs.push(heard - pushedAt)
      }),
  )
}
await Promise.all(under)
const lag = { bench: 'project-live', unit: 'ms', referenceName: 'from the append to a bare subscription' }
printFigure({ ...lag, metric: 'lag_p50_ms', value: median(lagsMs), reference: median(bareLagsMs) })
printFigure({ ...lag, metric: 'lag_p99_ms', value: percentile(lagsMs, 0.99), reference: percentile(bareLagsMs, 0.99) })

await tail.unsubscribe()
await projector.stop()
await store.close()
await sql.end({ timeout: 1 })
await postgres.stop('fast')
rmSync(home, { recursive: true, force: true })
