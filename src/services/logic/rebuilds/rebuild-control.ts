import type { EventStore } from '#event-store/event-store.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { Checkpoint } from '#projection/checkpoint.ts'
import { projectionId } from '#projection/define-projection.ts'
import { readDifferences } from '#projection/rebuild/differences/read-differences.ts'
import type { RebuildControl } from '#projection/rebuild/rebuild-control.ts'
import { assertUnderWay, type Steering } from '#projection/rebuild/rebuild-machine.ts'
import { parseDifferenceCursor, type RebuildState } from '#projection/rebuild/rebuild-state.ts'
import { dropKeptTables } from '#projection/rebuild/swap-schemas.ts'
import { estimateRebuild } from './estimate-rebuild.ts'
import { findKeptTables, type RebuildableProjection } from './kept-tables.ts'
import { toDecision } from './rebuild-decisions.ts'
import { createRebuildStarter } from './rebuild-starter.ts'
import { findShadowCode, type RebuildWorkOptions, shadowSchemaFor } from './rebuild-work.ts'
import { createRebuildsHere } from './rebuilds-here.ts'
import type { RunningRebuild } from './running-rebuild.ts'

export type RebuildControlOptions = RebuildWorkOptions & {
  readonly store: EventStore
  readonly projections: readonly RebuildableProjection[]
  /** Selectors watched now of these observables, everywhere. */
  readonly watchedSelectors: (observables: readonly string[]) => number
  readonly loopDelayMs: () => number
  readonly diskFreeBytes: () => Promise<number | null>
  readonly random: Random
  readonly onLostLeadership: () => void
}

/** The control of one leadership. */
export interface LeadingRebuildControl extends RebuildControl {
  /** Rows that the loaded code did not make are live: a rebuild begins, unless somebody wanted them so. */
  takeOutdated(projection: string, live: Checkpoint): void
  /** Versions somebody returned to, by projection. */
  pins(): ReadonlyMap<string, number>
  /** The processes end, and the next leader goes on with what they did. */
  stop(): Promise<void>
}

export function createRebuildControl(options: RebuildControlOptions): LeadingRebuildControl {
  const { sql, record } = options
  const projections = new Map(options.projections.map((one) => [projectionId(one.definition), one]))
  const here = createRebuildsHere({ ...options, projections })
  const starter = createRebuildStarter(options, here)

  const find = (projection: string): RebuildableProjection => {
    const found = projections.get(projection)
    if (found) return found
    const known = [...projections.keys()]
    const near = nearestName(projection, known)
    const hint = near ? `; did you mean "${near}"?` : `: there are ${known.join(', ')}.`
    throw new PlatformError('not-found', `There is no projection "${projection}"${hint}`)
  }

  /** What cannot be is refused before anything is said; then it is said in the log, then done. */
  const decide = async (
    id: string,
    toWords: (state: RebuildState) => Parameters<typeof record>[0],
    act: { check(rebuild: RunningRebuild): void | Promise<void>; run(rebuild: RunningRebuild): Promise<void> },
  ): Promise<void> => {
    await here.ready
    const rebuild = here.get(id)
    await act.check(rebuild)
    await record(toWords(rebuild.record().state))
    await act.run(rebuild)
  }
  const steering = (how: Steering) => ({
    check: (rebuild: RunningRebuild) => rebuild.check(how),
    run: (rebuild: RunningRebuild) => rebuild.steer(how),
  })

  return {
    list: here.list,
    pins: here.pins,
    estimate: async (projection) => estimateRebuild(options, find(projection)),
    start: async (request) => starter.start(request, find(request.projection)),
    pause: (id, by) => decide(id, (state) => toDecision('Paused', state, by), steering({ kind: 'pause' })),
    resume: (id, by) => decide(id, (state) => toDecision('Resumed', state, by), steering({ kind: 'resume' })),
    approve: (id, by) => decide(id, (state) => toDecision('Approved', state, by), steering({ kind: 'approve' })),
    throttle: (id, rateMax, by) =>
      decide(id, (state) => toDecision('Throttled', state, by, { rateMax }), steering({ kind: 'throttle', rateMax })),
    cancel: (id, by, reason) =>
      decide(id, (state) => toDecision('Cancelled', state, by, { reason }), {
        check: async (rebuild) => {
          await rebuild.meetingOver()
          assertUnderWay(rebuild.record().state)
        },
        run: (rebuild) => rebuild.cancel(),
      }),
    differences: async (id, { after, countMax }) => {
      await here.ready
      const current = here.get(id).record()
      const { projection, phase } = current.state
      if (phase !== 'comparing') throw nothingToCompare(projection, phase)
      const found = find(projection)
      const { definition } = await findShadowCode(sql, found, current)
      const place = after === null ? null : parseDifferenceCursor(after)
      return readDifferences({ sql, definition, shadowSchema: shadowSchemaFor(found, current), after: place, countMax })
    },
    kept: async () => {
      const found = await Promise.all(options.projections.map((one) => findKeptTables(sql, one)))
      return found.flatMap((tables) => tables ?? [])
    },
    drop: async (projection, by) => {
      const found = find(projection)
      await starter.alone(projection, async () => {
        const kept = await findKeptTables(sql, found)
        if (!kept) throw new PlatformError('not-found', `No earlier tables of ${projection} are kept.`)
        const data = { projection, version: kept.version, tableBytes: kept.tableBytes }
        await record({ type: 'peek.ProjectionTablesDropped', projection, user: by, data })
        await dropKeptTables(sql, projection, found.definition.model.schemaName)
      })
    },
    takeOutdated: (projection, live) => void starter.startOutdated(find(projection), live),
    stop: async () => {
      starter.stop()
      await here.stop()
    },
  }
}

function nothingToCompare(projection: string, phase: string): PlatformError {
  const words = `The rebuild of ${projection} is ${phase}: its rows can be compared while it waits for somebody to look.`
  return new PlatformError('bad-input', words)
}
