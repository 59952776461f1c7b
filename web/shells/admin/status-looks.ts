import type { ProjectionStatus } from '#vortex/protocol/platform-tuples.ts'
import type { EventStoreStatus, StoreGroupStatus } from '#vortex/protocol/store-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import type { StatusTone } from '#web/ui'
import { projectionHref } from './projection-href.ts'
import { differenceWords, isHeld, latestOf, type RebuildRow, rebuildLook } from './rebuild-looks.ts'
import { type ServiceRow, serviceConcerns } from './service-looks.ts'

/** How the states of projections and the event store look, and which of them need somebody. */

export type ProjectionRow = TupleOf<typeof ProjectionStatus>

export type StoreRow = TupleOf<typeof EventStoreStatus>
export type GroupRow = TupleOf<typeof StoreGroupStatus>

export type Look = { readonly tone: StatusTone; readonly title: string }

const projectionLooks: Record<ProjectionRow['state'], Look> = {
  starting: { tone: 'busy', title: 'Starting' },
  'catching-up': { tone: 'busy', title: 'Catching up' },
  live: { tone: 'normal', title: 'Live' },
  resetting: { tone: 'busy', title: 'Resetting' },
  frozen: { tone: 'warning', title: 'Frozen' },
  stalled: { tone: 'warning', title: 'Stalled' },
  failed: { tone: 'alarm', title: 'Failed' },
  stopped: { tone: 'idle', title: 'Stopped' },
}

export function projectionLook(projection: ProjectionRow): Look {
  return projectionLooks[projection.state]
}

const storeLooks: Record<StoreRow['state'], Look> = {
  connecting: { tone: 'busy', title: 'Connecting' },
  ready: { tone: 'normal', title: 'Connected' },
  lost: { tone: 'alarm', title: 'Away' },
}

export function storeLook({ state }: Pick<StoreRow, 'state'>): Look {
  return storeLooks[state]
}

/** Servers say how a scavenge ended in a word of their own. */
export function scavengeLook(result: string): Look {
  switch (result) {
    case 'Success':
      return { tone: 'normal', title: 'Finished' }
    case 'InProgress':
      return { tone: 'busy', title: 'Under way' }
    case 'Stopped':
      return { tone: 'idle', title: 'Stopped' }
    case 'Interrupted':
      return { tone: 'warning', title: 'Interrupted' }
    default:
      return { tone: 'alarm', title: result === 'Errored' || result === 'Failed' ? 'Failed' : result }
  }
}

export type Concern = {
  readonly id: string
  readonly look: Look
  readonly title: string
  readonly words: string
  readonly href: string
}

/** What is abnormal just now, worst first. Empty when all is well. */
export function concerns(found: {
  readonly services: readonly ServiceRow[]
  readonly projections: readonly ProjectionRow[]
  readonly stores?: readonly StoreRow[]
  readonly groups?: readonly GroupRow[]
  readonly rebuilds?: readonly RebuildRow[]
}): Concern[] {
  const { services, projections, stores = [], groups = [], rebuilds = [] } = found
  return [
    ...stores.flatMap(storeConcerns),
    ...services.flatMap(serviceConcerns),
    ...projections.flatMap(projectionConcerns),
    ...projections.flatMap(({ id }) => rebuildConcerns(latestOf(rebuilds, id))),
    ...groups.flatMap(groupConcerns),
  ].sort(byUrgency)
}

function storeConcerns(store: StoreRow): Concern[] {
  const about = { title: 'Event store', href: '/event-store' }
  const found: Concern[] = []
  if (store.state === 'lost') found.push({ ...about, id: 'store-lost', look: storeLook(store), words: store.words })
  if (store.backupError !== null)
    found.push({
      ...about,
      id: 'store-backup',
      look: { tone: 'warning', title: 'Backup failed' },
      words: store.backupError,
    })
  return found
}

function groupConcerns({ id, stream, group, parkedCount }: GroupRow): Concern[] {
  if (parkedCount === 0) return []
  const look: Look = { tone: 'warning', title: 'Parked' }
  const words = `${parkedCount === 1 ? 'One message of' : `${parkedCount} messages of`} ${stream} could not be handled.`
  return [
    {
      id: `group-${id}`,
      look,
      title: `Persistent subscription ${group}`,
      words,
      href: `/event-store?parked=${encodeURIComponent(id)}`,
    },
  ]
}

function projectionConcerns(projection: ProjectionRow): Concern[] {
  const look = projectionLook(projection)
  const found: Concern[] = []
  const about = (id: string, concernLook: Look, words: string) =>
    found.push({
      id: `${projection.id}-${id}`,
      look: concernLook,
      title: projection.id,
      words,
      href: projectionHref(projection.id),
    })
  if (look.tone === 'alarm' || look.tone === 'warning')
    about('state', look, projection.frozenWords ?? projection.lastError ?? 'It does not move.')
  if (projection.parkedCount > 0) {
    const count = projection.parkedCount === 1 ? 'One entity is' : `${projection.parkedCount} entities are`
    about('parked', { tone: 'warning', title: 'Parked' }, `${count} parked: events of theirs could not be applied.`)
  }
  return found
}

/** Only the last one counts: what failed and was done again since needs nobody. */
function rebuildConcerns(rebuild: RebuildRow | undefined): Concern[] {
  const words = rebuild && rebuildTrouble(rebuild)
  if (!rebuild || words === undefined) return []
  const { id, projection } = rebuild
  const look = rebuildLook(rebuild)
  return [{ id: `rebuild-${id}`, look, title: projection, words, href: projectionHref(projection) }]
}

function rebuildTrouble(rebuild: RebuildRow): string | undefined {
  const { phase, error } = rebuild
  if (phase === 'failed') return `Its rebuild failed: ${error ?? 'no reason is known'}`
  if (isHeld(rebuild)) return `Its rebuild is held until somebody resumes it: ${error}`
  if (phase !== 'comparing') return undefined
  return `Its new tables are built and wait for somebody to look: ${differenceWords(rebuild) ?? 'the differences are counted'}.`
}

/** The worst first. */
export function byUrgency(a: Concern, b: Concern): number {
  return urgency(a) - urgency(b)
}

function urgency({ look }: Concern): number {
  return look.tone === 'alarm' ? 0 : 1
}
