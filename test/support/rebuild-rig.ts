/**
 * Leadership as logic has it, over one read model of counters on a real Postgres: a projector, and the control of its
 * rebuilds, whose engine runs in this process.
 */
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
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
import { added, counterModel, counters, recordEvents } from '#testing/counter-model.ts'
import { createMemoryEventStore, type MemoryEventStore } from '#testing/memory-event-store.ts'
import { text } from '#vortex/protocol/fields.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { eventually } from './eventually.ts'
import { type InProcessRebuilder, startInProcessRebuilder } from './in-process-rebuilder.ts'
import { migratedDatabase } from './migrated-database.ts'

export const id = 'test.counters'
export const live = counterModel.schemaName

export const countersCode: ProjectionDefinition = counters as never
/** Counts twice, and says that this is version 2. */
export const doubled: ProjectionDefinition = { ...changeAmounts((amount) => amount * 2), version: 2 }
/** Gives another row each time it is asked: what a clock or a random number in a handler does. */
export function moody(): ProjectionDefinition {
  let calls = 0
  return changeAmounts((amount) => amount + ++calls)
}

function changeAmounts(change: (amount: number) => number): ProjectionDefinition {
  return {
    ...countersCode,
    on: countersCode.on.map((entry) => ({
      ...entry,
      project: (event, tables) => {
        const amount = change(Number(event.data.amount ?? 0))
        entry.project({ ...event, data: { ...event.data, amount } }, tables)
      },
    })),
  }
}

const watchedFields = { counters: { shown: ['id', 'sum', 'note'], pickedBy: ['note'] } }
export const toCode = (definition: ProjectionDefinition): Required<ProjectionCode> => ({
  definition,
  upcast: (event) => event,
  watchedFields,
})
const codes = [countersCode, doubled].map(toCode)
const showsNote = defineObservable(defineTuple('test.Noted', { id: text(), note: text() }), {
  from: counterModel,
  table: 'counters',
})

export type Leader = {
  readonly control: LeadingRebuildControl
  readonly projector: Projector
  /** What it wrote into the log. */
  readonly said: RebuildDecision[]
  /** The processes that it started to rebuild. */
  readonly children: readonly InProcessRebuilder[]
  stop(): Promise<void>
}

export type LeaderOptions = {
  readonly loaded?: ProjectionDefinition
  readonly kept?: boolean
  readonly limits?: Partial<RebuildLimits>
  /** What the processes that rebuild run. */
  readonly codes?: typeof codes
  /** Throws where the log cannot be written. */
  readonly onRecord?: (decision: RebuildDecision) => void | Promise<void>
}

export type RebuildRig = AsyncDisposable & {
  readonly sql: Client
  store(): MemoryEventStore
  lead(options?: LeaderOptions): Leader
  /** Of the leader that came last. */
  epoch(): number
  /** How often a leader heard that it does not lead any more. */
  lostCount(): number
  /** An empty log, and no tables of before. */
  reset(): Promise<void>
  /** Ends every leader there is. */
  stopLeaders(): Promise<void>
  record(counterId: string, ...amounts: number[]): Promise<void>
  sums(schema?: string): Promise<Record<string, unknown>>
  exists(schema: string): Promise<boolean>
  /** Live, and as far as the last event that is not an announcement. */
  untilLive(leader: Leader): Promise<void>
}

export async function startRebuildRig(): Promise<RebuildRig> {
  const fresh = await migratedDatabase(10)
  const { sql } = fresh
  let store = createMemoryEventStore()
  let epoch = 0
  let lost = 0
  const leaders: Leader[] = []

  const lead: RebuildRig['lead'] = ({ loaded = countersCode, kept = true, limits, ...options } = {}) => {
    const said: RebuildDecision[] = []
    const children: InProcessRebuilder[] = []
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
        const builtBy = options.codes ?? codes
        const child = startInProcessRebuilder({
          ...begin,
          codes: builtBy,
          store: shared.store,
          sql,
          ...(limits && { limits }),
        })
        children.push(child)
        return child
      },
      record: async (decision) => {
        await options.onRecord?.(decision)
        // As the log, which records the same id once.
        if (decision.id === undefined || !said.some(({ id: known }) => known === decision.id)) said.push(decision)
      },
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
    const leader = { control, projector, said, children, stop }
    leaders.push(leader)
    return leader
  }
  const stopLeaders = async (): Promise<void> => {
    for (const leader of leaders.splice(0)) await leader.stop()
  }

  return {
    sql,
    store: () => store,
    lead,
    epoch: () => epoch,
    lostCount: () => lost,
    reset: async () => {
      store = createMemoryEventStore()
      lost = 0
      for (const schema of [live, shadowSchemaOf(live), keptSchemaOf(live), `${live}__gone`])
        await sql.unsafe(`drop schema if exists "${schema}" cascade`)
      await sql`truncate platform.rebuilds, platform.projection_pins, platform.parked_events, platform.skipped_events`
    },
    stopLeaders,
    record: async (counterId, ...amounts) => {
      const events = amounts.map((amount) => added(counterId, amount))
      await recordEvents(store, counterId, events)
    },
    sums: async (schema = live) =>
      Object.fromEntries(
        (await sql.unsafe(`select id, sum from "${schema}".counters`)).map((row) => [row.id, row.sum]),
      ),
    exists: async (schema) =>
      (await sql.unsafe('select to_regnamespace($1) is not null as there', [`"${schema}"`]))[0]?.there === true,
    untilLive: async (leader) => {
      await eventually('the projector is live', () => leader.projector.status().state === 'live')
      const head = store.log.filter(({ stream }) => !stream.startsWith('changes-')).at(-1)?.position ?? ''
      await eventually('it has caught up', () => leader.projector.status().position >= head)
    },
    [Symbol.asyncDispose]: async () => {
      await stopLeaders()
      await fresh[Symbol.asyncDispose]()
    },
  }
}

export const ask = (change: Partial<RebuildRequest> = {}): RebuildRequest => ({
  kind: 'rebuild',
  projection: id,
  by: 'ann',
  reason: 'to be sure',
  asksFirst: false,
  rateMax: null,
  ...change,
})

export const state = ({ control }: Leader, rebuild?: RebuildState): RebuildState =>
  must(
    control.list().find((found) => rebuild === undefined || found.id === rebuild.id),
    'the rebuild is listed',
  )

export async function until(
  leader: Leader,
  phase: RebuildState['phase'],
  rebuild?: RebuildState,
): Promise<RebuildState> {
  await eventually(`a rebuild is ${phase}`, () =>
    leader.control.list().some((found) => (rebuild === undefined || found.id === rebuild.id) && found.phase === phase),
  )
  return state(leader, rebuild)
}

/** `<kind>: <words>` of what was refused. */
export const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'taken',
    (error: unknown) => (isPlatformError(error) ? `${error.kind}: ${error.message}` : String(error)),
  )

/** What was decided, and by whom, in order. */
export const namesOf = ({ said }: Leader): string[] =>
  said.map(({ type, user }) => `${type.slice('peek.Projection'.length)} by ${user}`)
