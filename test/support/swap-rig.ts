/**
 * A running projector over counters on a real Postgres, and a swap of its tables for a shadow that is built on the spot.
 *
 * Promises: each test of the file that asks for it begins with an empty log and no tables; projectors end with their test.
 */
import { afterAll, afterEach, beforeAll, beforeEach } from 'bun:test'
import { type ChangeEvent, parseChangeEvent } from '#event-store/change-event.ts'
import { must } from '#kernel/assert.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import type { Position } from '#kernel/position.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import type { ProjectorOptions } from '#projection/projector-options.ts'
import { createDifferenceFinder } from '#projection/rebuild/differences/create-difference-finder.ts'
import { keptSchemaOf, shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { type Met, type SwapInOptions, swapIn } from '#projection/rebuild/swap-in.ts'
import type { Client } from '#storage/client.ts'
import { added, counterModel, counters, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { buildShadow } from './build-shadow.ts'
import { eventually } from './eventually.ts'
import { type MigratedDatabase, migratedDatabase } from './migrated-database.ts'

export const changesName = 'changes-test.counters'
export const live = counterModel.schemaName
export const shadow = shadowSchemaOf(live)
export const kept = keptSchemaOf(live)
export const watchedFields = { counters: { shown: ['id', 'sum', 'note'], pickedBy: ['note'] } }
/** Counts twice: version 2 says that this is right. */
export const doubled = {
  ...counters,
  version: 2,
  on: counters.on.map((entry) => ({
    ...entry,
    project: (event, tables) => {
      const amount = Number(event.data.amount ?? 0) * 2
      entry.project({ ...event, data: { ...event.data, amount } }, tables)
    },
  })),
} satisfies typeof counters
export const impatientClock: Clock = { now: systemClock.now, after: (_, work) => systemClock.after(0, work) }
const kinds = [counters, doubled].map((definition) => ({ definition, upcast: <T>(event: T) => event, watchedFields }))

export function useSwapRig() {
  let fresh: MigratedDatabase
  let sql: Client
  let store: MemoryEventStore
  const running: Projector[] = []

  beforeAll(async () => {
    fresh = await migratedDatabase(8)
    sql = fresh.sql
  }, 60_000)
  afterAll(async () => {
    await fresh?.[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    store = createMemoryEventStore()
    for (const schema of [live, shadow, kept, `${live}__gone`])
      await sql.unsafe(`drop schema if exists "${schema}" cascade`)
    await sql`delete from platform.parked_events`
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((projector) => projector.stop()))
  })

  function start(options: Partial<ProjectorOptions> = {}): Projector {
    const projector = startProjector({
      definition: counters,
      store,
      sql,
      clock: impatientClock,
      random: () => 0,
      log: silentLog,
      epoch: 1,
      watchedFields,
      findKept: async (version) => kinds.find((one) => one.definition.version === version),
      ...options,
    })
    running.push(projector)
    return projector
  }

  const record = (id: string, ...amounts: number[]) =>
    recordEvents(
      store,
      id,
      amounts.map((amount) => added(id, amount)),
    )
  const sums = async (schema = live) =>
    Object.fromEntries((await sql.unsafe(`select id, sum from "${schema}".counters`)).map(({ id, sum }) => [id, sum]))
  const checkpoint = async (schema = live) =>
    must((await sql.unsafe(`select position, incarnation, version from "${schema}".checkpoint`))[0], 'it exists')
  const announced = (): ChangeEvent[] =>
    store.streamOf(changesName).map(({ type, data }) => must(parseChangeEvent(type, data), 'it can be read'))

  async function caughtUp(projector: Projector): Promise<void> {
    const head = () => store.log.filter(({ stream }) => !stream.startsWith('changes-')).at(-1)?.position ?? ''
    await eventually('the projector is live', () => {
      const { state, position } = projector.status()
      return state === 'live' && position >= head()
    })
  }

  /** Meets with a shadow that is built anew at the very position; `bend` makes it different from the live rows. */
  async function swap(
    projector: Projector,
    options: Partial<SwapInOptions> & { readonly bend?: () => Promise<unknown> } = {},
  ) {
    const definition = options.definition ?? counters
    const closeAt = (await checkpoint()).position as Position
    await buildShadow({ sql, store, definition, upTo: closeAt })
    const finder = createDifferenceFinder({ definition, shadowSchema: shadow, watchedFields, sql, store })
    await options.bend?.()
    const counts = await finder.compare()
    const meet = async (position: Position): Promise<Met> => {
      const { changes } = await buildShadow({ sql, store, definition, upTo: position })
      await options.bend?.()
      finder.note(changes)
      return { position, differing: await finder.meet() }
    }
    const outcome = await swapIn({
      projector,
      definition,
      watchedFields,
      shadowSchema: shadow,
      closeAt,
      meet,
      store,
      sql,
      epoch: 1,
      clock: systemClock,
      log: silentLog,
      ...options,
    })
    return { outcome, counts }
  }

  return {
    get sql() {
      return sql
    },
    get store() {
      return store
    },
    start,
    record,
    sums,
    checkpoint,
    announced,
    caughtUp,
    swap,
  }
}
