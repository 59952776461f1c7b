/** Rebuilds steered by the leading logic, on a real Postgres, their engine in this process. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import type { PlatformError } from '#kernel/platform-error.ts'
import { defineObservable } from '#observable/source/define-observable.ts'
import type { ProjectionDefinition } from '#projection/define-projection.ts'
import type { ProjectionCode } from '#projection/projection-code.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import type { RebuildRequest, RebuildState } from '#projection/rebuild/rebuild-state.ts'
import type { RebuildLimits } from '#projection/rebuild/run-rebuild.ts'
import { keptSchemaOf, shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { createRebuildControl, type LeadingRebuildControl } from '#services/logic/rebuilds/rebuild-control.ts'
import type { RebuildDecision } from '#services/logic/rebuilds/rebuild-decisions.ts'
import type { Client } from '#storage/client.ts'
import { eventually } from '#support/eventually.ts'
import { type InProcessRebuilder, startInProcessRebuilder } from '#support/in-process-rebuilder.ts'
import { type MigratedDatabase, migratedDatabase } from '#support/migrated-database.ts'
import { added, counterModel, counters, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { text } from '#vortex/protocol/fields.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'

const id = 'test.counters'
const live = counterModel.schemaName
const watchedFields = { counters: { shown: ['id', 'sum', 'note'], pickedBy: ['note'] } }
/** Counts twice, and says that this is version 2. */
const doubled: ProjectionDefinition = {
  ...counters,
  version: 2,
  on: counters.on.map((entry) => ({
    ...entry,
    project: (event, tables) => {
      const amount = Number(event.data.amount ?? 0) * 2
      entry.project({ ...event, data: { ...event.data, amount } }, tables)
    },
  })),
} satisfies typeof counters as never
const one: ProjectionDefinition = counters as never
/** Gives another row each time it is asked: what a clock or a random number in a handler does. */
function moody(): ProjectionDefinition {
  let calls = 0
  return {
    ...one,
    on: one.on.map((entry) => ({
      ...entry,
      project: (event, tables) => {
        const amount = Number(event.data.amount ?? 0) + ++calls
        entry.project({ ...event, data: { ...event.data, amount } }, tables)
      },
    })),
  }
}
const codes: readonly Required<ProjectionCode>[] = [one, doubled].map((definition) => ({
  definition,
  upcast: (event) => event,
  watchedFields,
}))
const showsNote = defineObservable(defineTuple('test.Noted', { id: text(), note: text() }), {
  from: counterModel,
  table: 'counters',
})

let fresh: MigratedDatabase
let sql: Client
let store: MemoryEventStore
let epoch = 0
let said: RebuildDecision[] = []
let children: InProcessRebuilder[] = []
let lost = 0

beforeAll(async () => {
  fresh = await migratedDatabase(10)
  sql = fresh.sql
}, 60_000)
afterAll(async () => {
  await fresh?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  store = createMemoryEventStore()
  ;[said, children, lost] = [[], [], 0]
  for (const schema of [live, shadowSchemaOf(live), keptSchemaOf(live), `${live}__gone`])
    await sql.unsafe(`drop schema if exists "${schema}" cascade`)
  await sql`truncate platform.rebuilds, platform.projection_pins, platform.parked_events`
})
afterEach(async () => {
  for (const stop of leaders.splice(0)) await stop()
})
const leaders: (() => Promise<void>)[] = []

type Leader = { readonly control: LeadingRebuildControl; readonly projector: Projector; stop(): Promise<void> }

/** As the logic that leads: a projector and the control, of one leadership. */
function lead(
  options: {
    loaded?: ProjectionDefinition
    kept?: boolean
    limits?: Partial<RebuildLimits>
    /** What the processes that rebuild run. */
    codes?: typeof codes
  } = {},
): Leader {
  const { loaded = one, kept = true, limits, codes: builtBy = codes } = options
  const own = ++epoch
  const shared = { store, sql, epoch: own, clock: systemClock, random: () => 0, log: silentLog }
  const findKept = async (version: number) =>
    kept ? codes.find(({ definition }) => definition.version === version) : undefined
  const projection = { definition: loaded, watchedFields, findKept, log: silentLog, observables: [showsNote] }
  const onLostLeadership = (): void => void lost++
  const control = createRebuildControl({
    ...shared,
    projections: [projection],
    findProjector: () => projector,
    beginRebuilder: (begin) => {
      const child = startInProcessRebuilder({ ...begin, codes: builtBy, store, sql, ...(limits && { limits }) })
      children.push(child)
      return child
    },
    record: async (decision) => void said.push(decision),
    watchedSelectors: () => 3,
    loopDelayMs: () => 0,
    diskFreeBytes: async () => 1_000_000,
    onLostLeadership,
  })
  const projector: Projector = startProjector({
    ...shared,
    ...projection,
    onOutdated: (checkpoint) => control.takeOutdated(id, checkpoint),
    onLostLeadership,
  })
  let isOver = false
  const stop = async (): Promise<void> => {
    if (isOver) return
    isOver = true
    await control.stop()
    await projector.stop()
  }
  leaders.push(stop)
  return { control, projector, stop }
}

const record = (counterId: string, ...amounts: number[]) =>
  recordEvents(
    store,
    counterId,
    amounts.map((amount) => added(counterId, amount)),
  )
const ask = (change: Partial<RebuildRequest> = {}): RebuildRequest => ({
  kind: 'rebuild',
  projection: id,
  by: 'ann',
  reason: 'to be sure',
  asksFirst: false,
  rateMax: null,
  ...change,
})
const sums = async (schema = live) =>
  Object.fromEntries((await sql.unsafe(`select id, sum from "${schema}".counters`)).map((row) => [row.id, row.sum]))
const exists = async (schema: string) =>
  (await sql.unsafe('select to_regnamespace($1) is not null as there', [`"${schema}"`]))[0]?.there === true
const state = ({ control }: Leader, rebuild?: RebuildState): RebuildState =>
  must(
    control.list().find((found) => rebuild === undefined || found.id === rebuild.id),
    'the rebuild is listed',
  )

async function live1(leader: Leader): Promise<void> {
  await eventually('the projector is live', () => leader.projector.status().state === 'live')
  const head = store.log.filter(({ stream }) => !stream.startsWith('changes-')).at(-1)?.position ?? ''
  await eventually('it has caught up', () => leader.projector.status().position >= head)
}
async function until(leader: Leader, phase: RebuildState['phase'], rebuild?: RebuildState): Promise<RebuildState> {
  await eventually(`a rebuild is ${phase}`, () =>
    leader.control.list().some((found) => (rebuild === undefined || found.id === rebuild.id) && found.phase === phase),
  )
  return state(leader, rebuild)
}
const refused = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'taken',
    (error: PlatformError) => `${error.kind}: ${error.message}`,
  )
const names = () => said.map(({ type, user }) => `${type.slice('peek.Projection'.length)} by ${user}`)

describe('a rebuild that somebody asks for', () => {
  test('P3 P4 takes the place of rows that went wrong, proved, and the log says who wanted it and how it went', async () => {
    await record('a', 1, 2)
    const leader = lead()
    await live1(leader)
    await sql.unsafe(`update "${live}".counters set sum = 99`)
    const started = await leader.control.start(ask())
    expect(started).toMatchObject({ phase: 'queued', by: 'ann', fromVersion: 1, toVersion: 1 })
    const done = await until(leader, 'done')
    expect(await sums()).toEqual({ a: 3 })
    expect(done).toMatchObject({ eventCount: 2, error: null, proof: { outcome: 'equal' }, differences: { changed: 1 } })
    expect(done.swapMs).toBeGreaterThan(0)
    await eventually('its end is in the log', () => said.length === 2)
    expect(names()).toEqual(['RebuildRequested by ann', 'RebuildCompleted by peek'])
    expect(said[0]?.data).toMatchObject({ reason: 'to be sure', projection: id })
    expect(said[1]?.data).toMatchObject({ requestedBy: 'ann', proof: { outcome: 'equal' } })
    await record('a', 4)
    await live1(leader)
    expect(await sums()).toEqual({ a: 7 })
  })

  test('is the only one of its projection', async () => {
    await record('a', 1)
    const leader = lead()
    await live1(leader)
    const both = await Promise.all([refused(leader.control.start(ask())), refused(leader.control.start(ask()))])
    expect(both.sort()).toEqual([
      `already-running: ${id} is being rebuilt already: wait, or cancel that first.`,
      'taken',
    ])
    await until(leader, 'done')
  })

  test('is refused for what there is not', async () => {
    const leader = lead()
    await live1(leader)
    expect(await refused(leader.control.start(ask({ projection: 'test.counter' })))).toContain(
      'did you mean "test.counters"',
    )
    expect(await refused(leader.control.start(ask({ kind: 'return' })))).toContain('not-found: No earlier tables')
    expect(await refused(leader.control.pause('x', 'ann'))).toContain('not-found')
    expect([said, leader.control.list()]).toEqual([[], []])
  })

  test('that asks first shows what differs, waits, and goes on with a word', async () => {
    await record('a', 1)
    await record('b', 2)
    const leader = lead()
    await live1(leader)
    await sql.unsafe(`update "${live}".counters set sum = 99 where id = 'b'`)
    const started = await leader.control.start(ask({ asksFirst: true }))
    expect(await refused(leader.control.approve(started.id, 'ann'))).toContain('nothing to approve')
    await until(leader, 'comparing')
    await eventually('the differences are counted', () => state(leader).differences !== null)
    const differences = (after: string | null) => leader.control.differences(started.id, { after, countMax: 10 })
    expect(await differences(null)).toMatchObject([
      { table: 'counters', key: 'b', live: { sum: 99 }, shadow: { sum: 2 } },
    ])
    expect(await differences('counters b')).toEqual([])
    expect(await sums()).toEqual({ a: 1, b: 99 })
    await leader.control.approve(started.id, 'bob')
    await until(leader, 'done')
    expect(await sums()).toEqual({ a: 1, b: 2 })
    expect(names()).toContain('RebuildApproved by bob')
    expect(names().filter((name) => name.startsWith('RebuildApproved'))).toHaveLength(1)
  })

  test('P4 of a projection that is not a function of its events is refused by the proof, and nothing changes', async () => {
    await record('a', 1, 2)
    const leader = lead({ codes: [{ ...must(codes[0], 'version 1 is known'), definition: moody() }] })
    await live1(leader)
    await leader.control.start(ask())
    const failed = await until(leader, 'failed')
    expect(failed).toMatchObject({ proof: { outcome: 'different' } })
    expect(failed.error).toContain('counters a')
    await eventually('its end is in the log', () => names().includes('RebuildFailed by peek'))
    expect(said.at(-1)?.data).toMatchObject({
      proof: { outcome: 'different' },
      error: expect.stringContaining('proof'),
    })
    expect([await sums(), await exists(shadowSchemaOf(live)), await leader.control.kept()]).toEqual([
      { a: 3 },
      false,
      [],
    ])
    expect(leader.projector.status().state).toBe('live')
  })

  test('that is cancelled leaves nothing behind, and another may begin', async () => {
    await record('a', 1)
    const leader = lead()
    await live1(leader)
    const started = await leader.control.start(ask({ asksFirst: true }))
    await until(leader, 'comparing')
    expect(await exists(shadowSchemaOf(live))).toBe(true)
    await leader.control.cancel(started.id, 'bob', 'changed my mind')
    await eventually('the shadow is gone', async () => !(await exists(shadowSchemaOf(live))))
    expect(state(leader)).toMatchObject({ phase: 'cancelled', error: null })
    expect(await refused(leader.control.cancel(started.id, 'bob', ''))).toContain('bad-input')
    await eventually('nothing runs', async () => (await refused(leader.control.start(ask()))) === 'taken')
    await eventually('the other is through', () => names().includes('RebuildCompleted by peek'))
    expect(names()).toContain('RebuildCancelled by bob')
    expect(names()).not.toContain('RebuildFailed by peek')
  })

  test('pauses, goes slower, and goes on; each of it in the log', async () => {
    await record('a', ...Array.from({ length: 400 }, () => 1))
    const leader = lead({ limits: { pageCountMax: 10 } })
    await live1(leader)
    const { id: rebuild } = await leader.control.start(ask({ rateMax: 200 }))
    await eventually('it moves', () => state(leader).eventCount > 0)
    await leader.control.pause(rebuild, 'ann')
    await leader.control.throttle(rebuild, null, 'ann')
    expect(state(leader)).toMatchObject({ isPaused: true, rateMax: null, eventsPerSecond: 0 })
    const [row] = await sql`select state from platform.rebuilds`
    expect(row?.state).toMatchObject({ state: { isPaused: true, rateMax: null } })
    await leader.control.resume(rebuild, 'bob')
    await until(leader, 'done')
    expect(names().slice(0, 4)).toEqual([
      'RebuildRequested by ann',
      'RebuildPaused by ann',
      'RebuildThrottled by ann',
      'RebuildResumed by bob',
    ])
  })
})

describe('a rebuild goes on', () => {
  test('after its process died', async () => {
    await record('a', ...Array.from({ length: 400 }, () => 1))
    const leader = lead({ limits: { pageCountMax: 10, saveEveryMsMin: 0 } })
    await live1(leader)
    const { id: rebuild } = await leader.control.start(ask({ rateMax: 500 }))
    await eventually('it moves', () => state(leader).eventCount > 50)
    must(children[0], 'a process was started').kill()
    await eventually('another is started', () => children.length === 2)
    expect(state(leader).error).toContain('SIGKILL')
    await leader.control.throttle(rebuild, null, 'ann')
    expect(await until(leader, 'done')).toMatchObject({ error: null, eventCount: 400 })
    expect(await sums()).toEqual({ a: 400 })
  })

  test('under the next leader, where the earlier one left it, also paused', async () => {
    await record('a', ...Array.from({ length: 400 }, () => 1))
    const first = lead({ limits: { pageCountMax: 10, saveEveryMsMin: 0 } })
    await live1(first)
    const started = await first.control.start(ask({ rateMax: 400, asksFirst: true }))
    await eventually('it moves', () => state(first).eventCount > 50)
    await first.control.pause(started.id, 'ann')
    await first.stop()
    const second = lead()
    await eventually('it is known', () => second.control.list().length === 1)
    expect(state(second)).toMatchObject({ id: started.id, isPaused: true, phase: 'folding', by: 'ann' })
    await second.control.throttle(started.id, null, 'ann')
    await second.control.resume(started.id, 'ann')
    await until(second, 'comparing')
    await second.control.approve(started.id, 'ann')
    await until(second, 'done')
    expect(await sums()).toEqual({ a: 400 })
    expect(children).toHaveLength(2)
  })

  test('seam 9 and the leader of before saves nothing any more', async () => {
    await record('a', 1)
    const first = lead()
    await live1(first)
    const started = await first.control.start(ask({ asksFirst: true }))
    await until(first, 'comparing')
    const second = lead()
    await until(second, 'comparing')
    await first.control.throttle(started.id, 7, 'ann').catch(() => undefined)
    await eventually('the first hears that it does not lead', () => lost > 0)
    const [row] = await sql`select epoch::int as epoch, state from platform.rebuilds`
    expect(row).toMatchObject({ epoch, state: { state: { rateMax: null } } })
  })

  test('to its end in the log, where the leader died after the swap', async () => {
    await record('a', 1)
    const first = lead()
    await live1(first)
    await first.control.start(ask())
    await until(first, 'done')
    await first.stop()
    await sql`update platform.rebuilds set recorded_at = null`
    said = []
    const second = lead()
    await eventually('the end is said', () => said.length === 1)
    expect(names()).toEqual(['RebuildCompleted by peek'])
    await eventually(
      'and noted',
      async () => (await sql`select recorded_at from platform.rebuilds`)[0]?.recorded_at !== null,
    )
    expect(state(second).phase).toBe('done')
  })
})

describe('another version at start', () => {
  const upgrade = async (options: Parameters<typeof lead>[0] = {}): Promise<Leader> => {
    await record('a', 1, 2)
    const before = lead()
    await live1(before)
    await before.stop()
    return lead({ loaded: doubled, ...options })
  }

  test('P3 is built by itself beside the old rows, which go on meanwhile', async () => {
    const after = await upgrade()
    const done = await until(after, 'done')
    expect(done).toMatchObject({
      by: 'peek',
      fromVersion: 1,
      toVersion: 2,
      reason: expect.stringContaining('Version 2'),
    })
    expect([await sums(), await sums(keptSchemaOf(live))]).toEqual([{ a: 6 }, { a: 3 }])
    await record('a', 1)
    await live1(after)
    expect(await sums()).toEqual({ a: 8 })
    expect(after.projector.status()).toMatchObject({ version: 2, loadedVersion: 2 })
  })

  test('also where no code of the old one was kept: its rows stand still until the swap', async () => {
    const after = await upgrade({ kept: false })
    await record('a', 5)
    await until(after, 'done')
    await live1(after)
    expect(await sums()).toEqual({ a: 16 })
    expect(after.projector.status()).toMatchObject({ version: 2, frozenWords: null })
  })

  test('and back in one call, which later starts leave alone until a rebuild', async () => {
    const after = await upgrade()
    await until(after, 'done')
    await record('a', 10)
    await live1(after)
    await eventually('it can be returned to', async () => (await after.control.kept())[0]?.obstacle === null)
    expect(await after.control.kept()).toMatchObject([{ projection: id, version: 1, tableBytes: expect.any(Number) }])
    const back = await after.control.start(ask({ kind: 'return', reason: 'counts twice' }))
    expect(back).toMatchObject({ fromVersion: 2, toVersion: 1 })
    await until(after, 'done', back)
    await record('a', 1)
    await live1(after)
    expect([await sums(), after.projector.status().version]).toEqual([{ a: 14 }, 1])
    await after.stop()

    const next = lead({ loaded: doubled })
    await record('a', 1)
    await live1(next)
    expect([await sums(), next.control.pins().get(id)]).toEqual([{ a: 15 }, 1])
    expect(next.control.list().every(({ phase }) => phase === 'done')).toBe(true)
    const again = await next.control.start(ask())
    await until(next, 'done', again)
    expect([await sums(), next.control.pins().size]).toEqual([{ a: 30 }, 0])
  })

  test('overtakes what was being built of a version that is gone', async () => {
    await record('a', 1)
    const first = lead()
    await live1(first)
    const started = await first.control.start(ask({ asksFirst: true }))
    await until(first, 'comparing')
    await first.stop()
    const after = lead({ loaded: doubled })
    expect(await until(after, 'cancelled', started)).toMatchObject({
      error: expect.stringContaining('not loaded any more'),
    })
    await until(after, 'done')
    expect(await sums()).toEqual({ a: 2 })
    expect(said.filter(({ type }) => type === 'peek.ProjectionRebuildCancelled')).toMatchObject([
      { user: 'peek', data: { rebuild: started.id, toVersion: 1 } },
    ])
  })
})

describe('kept tables', () => {
  test('are dropped when somebody says so, and then there is no way back', async () => {
    await record('a', 1)
    const leader = lead()
    await live1(leader)
    await leader.control.start(ask())
    await until(leader, 'done')
    await eventually('nothing runs', async () => (await refused(leader.control.drop(id, 'ann'))) === 'taken')
    expect([await leader.control.kept(), await exists(keptSchemaOf(live))]).toEqual([[], false])
    expect(names()).toContain('TablesDropped by ann')
    expect(await refused(leader.control.drop(id, 'ann'))).toContain('not-found')
  })
})

describe('an estimate', () => {
  test('counts a short log exactly, and names who watches', async () => {
    await record('a', 1, 2, 3)
    const leader = lead()
    await live1(leader)
    const estimate = await leader.control.estimate(id)
    expect(estimate).toMatchObject({
      eventCount: 3,
      isEventCountExact: true,
      fromVersion: 1,
      toVersion: 1,
      diskFreeBytes: 1_000_000,
      observables: ['test.Noted'],
      watchedSelectors: 3,
    })
    expect(estimate.diskBytes).toBeGreaterThan(0)
    expect(estimate.secondsMin).toBeLessThanOrEqual(estimate.seconds)
    expect(estimate.seconds).toBeLessThanOrEqual(estimate.secondsMax)
  })
})
