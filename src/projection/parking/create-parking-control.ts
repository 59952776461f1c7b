import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import type { JsonObject } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { QueryRunner } from '#storage/client.ts'
import type { ParkedEntity, ParkingControl, ParkingDecision, ParkingWork } from '../parking-control.ts'
import type { Projector } from '../projector.ts'
import { loadParkedEntities, loadParkedGroups, measureGroup } from './parked-entities.ts'
import { type AskedWork, createParkingWorks, type DoWork } from './parking-works.ts'
import { refuseWhileRebuilt } from './refuse-while-rebuilt.ts'
import { replayEntity } from './replay-entity.ts'
import { countLeft, retryEntity, retryGroup } from './retry-group.ts'
import { skipFirst } from './skip-first.ts'

const entityPageMax = 200
const reasonCharsMax = 1_000

export type ParkingDecisionType =
  | 'peek.ParkedEventsRetried'
  | 'peek.ParkedEventSkipped'
  | 'peek.ParkedEntityReplayed'
  | 'peek.ParkingWorkCancelled'

type Options = {
  readonly sql: QueryRunner
  readonly store: EventStore
  readonly projectors: () => readonly Projector[]
  /** Writes down who decided what about a projection, and why. */
  readonly record: (decision: {
    readonly type: ParkingDecisionType
    readonly projection: string
    readonly user: string
    readonly data: JsonObject
  }) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

/** What was decided, once it is found possible, and how it is done. */
type Prepared = {
  readonly type: ParkingDecisionType
  readonly data: JsonObject
  readonly asked: Pick<AskedWork, 'kind' | 'stream' | 'fingerprint' | 'totalCount'>
  readonly work: DoWork
}

/** See `ParkingControl`. Asks: `stop` before the projectors are stopped. */
export function createParkingControl(options: Options): ParkingControl {
  const { sql, store, record } = options
  const works = createParkingWorks(options)

  const getProjector = (id: string): Projector => {
    const projectors = options.projectors()
    const found = projectors.find((projector) => projector.id === id)
    if (found) return found
    const ids = projectors.map((projector) => projector.id)
    const near = nearestName(id, ids)
    throw new PlatformError('not-found', `There is no projection "${id}"${near ? `; did you mean "${near}"?` : '.'}`)
  }

  const begin = async (
    by: ParkingDecision,
    prepare: (projector: Projector) => Promise<Prepared>,
  ): Promise<ParkingWork> => {
    const { projection, reason } = by
    const projector = getProjector(projection)
    refuseLongReason(reason)
    const release = works.claim(projection)
    try {
      refuseUnlessRunning(projector)
      await refuseWhileRebuilt(sql, projection)
      const { type, data, asked, work } = await prepare(projector)
      await record({ type, projection, user: by.by, data: { projection, ...data, reason } })
      return works.begin({ ...by, ...asked }, work)
    } finally {
      release()
    }
  }

  const prepareGroup = async (projector: Projector, fingerprint: string): Promise<Prepared> => {
    const { entityCount, upTo } = await measureGroup(sql, projector.id, fingerprint)
    if (entityCount === 0)
      throw new PlatformError(
        'not-found',
        `No failure of ${projector.id} has the fingerprint ${fingerprint}: look at the list again.`,
      )
    return {
      type: 'peek.ParkedEventsRetried',
      data: { fingerprint, entityCount },
      asked: { kind: 'retry', stream: null, fingerprint, totalCount: entityCount },
      work: retryGroup({ projector, store, sql }, fingerprint, upTo),
    }
  }

  return {
    groups: async (projection) => {
      if (projection !== undefined) getProjector(projection)
      return loadParkedGroups(sql, projection === undefined ? options.projectors().map(({ id }) => id) : [projection])
    },
    entities: async ({ countMax, ...page }) => {
      getProjector(page.projection)
      return loadParkedEntities(sql, { ...page, countMax: Math.min(countMax, entityPageMax) })
    },
    retry: (what, by) =>
      begin(by, async (projector) => {
        if ('fingerprint' in what) return prepareGroup(projector, what.fingerprint)
        const { stream } = what
        await getFirst(sql, projector.id, stream)
        const asked = { kind: 'retry', stream, fingerprint: null, totalCount: 1 } as const
        const work = retryEntity({ projector, store, sql }, stream)
        return { type: 'peek.ParkedEventsRetried', data: { stream }, asked, work }
      }),
    skip: async ({ stream, eventId }, by) => {
      if (by.reason.trim() === '')
        throw new PlatformError('bad-input', 'A skipped event never takes effect in this projection again: say why.')
      return begin(by, async (projector) => {
        const first = await getFirst(sql, projector.id, stream)
        if (first.eventId !== eventId) throw notFirst(first, eventId)
        const skip = { eventId, stream, type: first.type, words: first.words }
        const work: DoWork = async (doing) => {
          await skipFirst(projector, sql, { ...skip, by: by.by, reason: by.reason })
          doing.tally.skipped(1)
          await retryEntity({ projector, store, sql }, stream)(doing)
        }
        const asked = { kind: 'skip', stream, fingerprint: null, totalCount: 1 } as const
        return { type: 'peek.ParkedEventSkipped', data: skip, asked, work }
      })
    },
    replay: ({ stream }, by) =>
      begin(by, async (projector) => {
        const [newest] = await store.readStream(stream, { from: 'end', direction: 'backwards', countMax: 1 })
        if (!newest) throw new PlatformError('not-found', `There is no stream "${stream}": check the name.`)
        const work: DoWork = async ({ signal, tally, done }) => {
          await replayEntity({ projector, store, sql, signal, onRead: done }, stream, tally)
          await countLeft({ projector, store, sql }, [stream], tally)
        }
        // The log is looked through once, and folded once.
        const totalCount = projector.status().eventCount * 2
        const asked = { kind: 'replay', stream, fingerprint: null, totalCount } as const
        return { type: 'peek.ParkedEntityReplayed', data: { stream }, asked, work }
      }),
    works: works.of,
    finished: works.finished,
    cancel: async (id, by) => {
      const { projection, kind, state, stream, fingerprint } = works.get(id)
      if (state !== 'running') throw new PlatformError('not-found', `That ${kind} of ${projection} is over already.`)
      const data = { projection, kind, stream, fingerprint }
      await record({ type: 'peek.ParkingWorkCancelled', projection, user: by, data })
      works.cancel(id)
    },
    stop: works.stop,
  }
}

function refuseLongReason(reason: string): void {
  if (reason.length <= reasonCharsMax) return
  throw new PlatformError('bad-input', `The reason has ${reason.length} characters, wanted ${reasonCharsMax} at most.`)
}

function refuseUnlessRunning(projector: Projector): void {
  const { state } = projector.status()
  if (state === 'live' || state === 'catching-up') return
  const words = `The projector of ${projector.id} is ${state}: parked events can be dealt with while it runs.`
  throw new PlatformError('unavailable', words)
}

async function getFirst(sql: QueryRunner, projection: string, stream: string): Promise<ParkedEntity> {
  const [first] = await loadParkedEntities(sql, { projection, stream, after: null, countMax: 1 })
  if (first) return first
  throw new PlatformError('not-found', `Nothing of "${stream}" is parked in ${projection}: look at the list again.`)
}

function notFirst(first: ParkedEntity, eventId: string): PlatformError {
  const words = `The first parked event of ${first.stream} is ${first.eventId} (${first.type}), found ${eventId}: only the first can be skipped.`
  return new PlatformError('bad-input', words)
}
