/** The building of a shadow on a real Postgres, over an event store in memory, with stores that break when told to. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { upcastEvent } from '#event-store/upcast.ts'
import { must } from '#kernel/assert.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom, pickOne, type Random } from '#kernel/random.ts'
import { startProjector } from '#projection/projector.ts'
import type { FromRebuilder, ToRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import { type RebuildPorts, type RebuildRun, runRebuild } from '#projection/rebuild/run-rebuild.ts'
import { shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { createBlindFinder, createTrustingProver } from '#projection/rebuild/testing/quiet-rebuild.ts'
import type { Client } from '#storage/client.ts'
import { eventually } from '#support/eventually.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { ResetCounter } from '#testing/counter.ts'
import {
  added,
  CounterRemoved,
  CounterSet,
  CounterTouched,
  counterModel,
  counters,
  recordEvents,
} from '#testing/counter-model.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'

const liveSchema = counterModel.schemaName
const shadowSchema = shadowSchemaOf(liveSchema)
let fresh: MigratedDatabase
let sql: Client
let store: MemoryEventStore
const running: Rebuild[] = []

beforeAll(async () => {
  fresh = await migratedDatabase(6)
  sql = fresh.sql
}, 60_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  store = createMemoryEventStore()
  await sql.unsafe(`drop schema if exists "${shadowSchema}" cascade; drop schema if exists "${liveSchema}" cascade`)
  await sql.unsafe('delete from platform.parked_events; delete from platform.skipped_events')
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((rebuild) => rebuild.stop()))
})

/** Goes on at once after a failure: nothing here waits for a clock. */
const impatientClock: Clock = { now: systemClock.now, after: (_, work) => systemClock.after(0, work) }

type Rebuild = {
  readonly run: RebuildRun
  readonly said: FromRebuilder[]
  readonly prover: ReturnType<typeof createTrustingProver>
  until<K extends FromRebuilder['kind']>(kind: K): Promise<Extract<FromRebuilder, { kind: K }>>
  stop(): Promise<void>
}

function start(
  ports: Partial<RebuildPorts> = {},
  begin: Partial<Extract<ToRebuilder, { kind: 'begin' }>> = {},
): Rebuild {
  const said: FromRebuilder[] = []
  const prover = createTrustingProver()
  const run = runRebuild({
    begin: {
      kind: 'begin',
      rebuildId: 'r-1',
      rebuildKind: 'rebuild',
      projection: 'test.counters',
      toVersion: 1,
      shadowSchema,
      liveSchema,
      epoch: 1,
      phase: 'queued',
      asksFirst: false,
      rateMax: null,
      isPaused: false,
      ...begin,
    },
    code: { definition: counters, upcast: upcastEvent },
    store,
    sql,
    prover,
    differences: createBlindFinder(),
    clock: impatientClock,
    random: () => 0,
    log: silentLog,
    say: (message) => said.push(message),
    ...ports,
    limits: { saveEveryMsMin: 0, progressEveryMs: 0, meetingMsMax: 5, ...ports.limits },
  })
  let isOver = false
  void run.finished.catch(() => undefined).then(() => (isOver = true))
  const rebuild: Rebuild = {
    run,
    said,
    prover,
    until: async (kind) => {
      const isKind = (message: FromRebuilder): message is Extract<FromRebuilder, { kind: typeof kind }> =>
        message.kind === kind
      await eventually(`the rebuild says ${kind}`, () => {
        const failed = said.find((message) => message.kind === 'failed')
        if (failed && kind !== 'failed') throw new Error(`the rebuild failed: ${failed.words}`)
        return said.some(isKind) || isOver
      })
      return must(said.findLast(isKind), `the rebuild said ${kind}`)
    },
    stop: async () => {
      run.hear({ kind: 'stop' })
      await run.finished.catch(() => undefined)
    },
  }
  running.push(rebuild)
  return rebuild
}

type Rows = { readonly counters: readonly unknown[]; readonly changes: readonly unknown[] }
async function rowsOf(schema: string): Promise<Rows> {
  return {
    counters: await sql.unsafe(`select id, sum, note from "${schema}".counters order by id`),
    changes: await sql.unsafe(`select id, counter_id from "${schema}".changes order by id`),
  }
}
const parkedOf = async (name: string) =>
  (
    await sql`select event_id, stream, words from platform.parked_events where projection = ${name} order by position`
  ).map((row) => ({ ...row }))
/** What the live way makes of the same history: the law to compare with. */
async function projectLive(): Promise<{ rows: Rows; parked: Awaited<ReturnType<typeof parkedOf>> }> {
  await sql.unsafe(`drop schema if exists "${liveSchema}" cascade`)
  await sql`delete from platform.parked_events where projection = 'test.counters'`
  const head = store.log.filter(({ stream }) => !stream.startsWith('changes-')).at(-1)?.position ?? ''
  const projector = startProjector({
    definition: counters,
    store,
    sql,
    clock: impatientClock,
    random: () => 0,
    log: silentLog,
    epoch: 1,
    watchedFields: {},
  })
  await eventually('the projector has caught up', () => projector.status().position >= head)
  await projector.stop()
  return { rows: await rowsOf(liveSchema), parked: await parkedOf('test.counters') }
}

/** A history of everything that can happen to counters, refused and parked events among it. */
async function recordHistory(random: Random, eventCount: number): Promise<void> {
  const ids = Array.from({ length: 12 }, (_, index) => `c${index}`)
  for (let made = 0; made < eventCount; ) {
    const id = pickOne(random, ids)
    const count = 1 + Math.floor(random() * 4)
    await recordEvents(
      store,
      id,
      Array.from({ length: count }, () => anyEvent(random, id)),
    )
    made += count
  }
}

function anyEvent(random: Random, id: string) {
  const chance = random()
  if (chance < 0.7) return added(id, Math.floor(random() * 10), `n${Math.floor(random() * 5)}`)
  if (chance < 0.8) return { type: CounterSet.name, data: { sum: Math.floor(random() * 100) } }
  if (chance < 0.9) return { type: ResetCounter.name, data: { counterId: id } }
  if (chance < 0.98) return { type: CounterRemoved.name, data: { why: 'worn out' } }
  return { type: CounterTouched.name, data: { isBad: random() < 0.5 } }
}

const seedOf = (test: string): number => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))
  console.log(`${test}: SEED=${seed}`)
  return seed
}

describe('P4 the rebuilt rows are those of the live way', () => {
  test('whatever the pages, the memory and the saves', async () => {
    const random = createSeededRandom(seedOf('budgets'))
    await recordHistory(random, 400)
    const live = await projectLive()
    for (const pageCountMax of [1, 7, 64, 5_000])
      for (const memoryBytesMax of [1, 4_000, 1e9]) {
        await sql.unsafe(`drop schema if exists "${shadowSchema}" cascade`)
        const rebuild = start({ limits: { pageCountMax, memoryBytesMax } })
        await rebuild.until('close')
        await rebuild.stop()
        expect(await rowsOf(shadowSchema)).toEqual(live.rows)
        expect(await parkedOf('test.counters__next')).toEqual(live.parked)
      }
  }, 60_000)
})
