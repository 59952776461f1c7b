import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { refusalsStream } from '#event-store/stream-name.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Decider } from './decider.ts'
import { type Entity, foldRecorded, foldRefusal, newEntity } from './entity.ts'

/** Folded entities, newest use last; bounded. An entity is taken by one lane at a time. */
export interface EntityCache {
  /** `isCached`: somebody else may have appended since. */
  load(stream: string, decider: Decider<unknown> | undefined): Promise<{ entity: Entity; isCached: boolean }>
  /** As it was after its last append, if it is here; to look at only. */
  peek(stream: string): Entity | undefined
  /** Keeps an entity after its append. */
  keep(stream: string, entity: Entity): void
  drop(stream: string): void
  /** An append of these actions behind this revision may still land: its answer never came. */
  doubt(stream: string, revision: number, actionIds: readonly string[]): void
  /** Whether such an append could still accept the action, on the entity as it is now. */
  isInDoubt(stream: string, revision: number, actionId: string): boolean
  /** Notes which stream an action id belongs to, the first time it is seen. */
  claim(actionId: string, stream: string): void
  /** The stream an action id was claimed for lately: one id names one action of one entity. */
  streamOf(actionId: string): string | undefined
  size(): number
}

const pageCount = 1_000
const idsRememberedMax = 100_000
const doubtsMax = 10_000
/** What was sent so long ago is dead: the call had a deadline, on both sides, of a few seconds. */
const doubtMs = 30_000

export function createEntityCache(options: { store: EventStore; countMax: number; clock: Clock }): EntityCache {
  const { store, countMax, clock } = options
  const doubts = new Map<
    string,
    { readonly revision: number; readonly until: number; readonly ids: ReadonlySet<string> }
  >()
  const entities = new Map<string, Entity>()
  const streams = new Map<string, string>()

  return {
    load: async (stream, decider) => {
      const known = entities.get(stream)
      if (known) return { entity: known, isCached: true }
      return { entity: await loadEntity(store, stream, decider), isCached: false }
    },
    peek: (stream) => entities.get(stream),
    keep: (stream, entity) => {
      entities.delete(stream)
      entities.set(stream, entity)
      trim(entities, countMax)
    },
    drop: (stream) => void entities.delete(stream),
    doubt: (stream, revision, actionIds) => {
      const earlier = doubts.get(stream)
      const ids = new Set([...(earlier?.revision === revision ? earlier.ids : []), ...actionIds])
      doubts.set(stream, { revision, until: clock.now() + doubtMs, ids })
      trim(doubts, doubtsMax)
    },
    isInDoubt: (stream, revision, actionId) => {
      const doubt = doubts.get(stream)
      if (!doubt) return false
      const isPossible = doubt.revision === revision && clock.now() < doubt.until
      if (!isPossible) doubts.delete(stream)
      return isPossible && doubt.ids.has(actionId)
    },
    claim: (actionId, stream) => {
      if (streams.has(actionId)) return
      streams.set(actionId, stream)
      trim(streams, idsRememberedMax)
    },
    streamOf: (actionId) => streams.get(actionId),
    size: () => entities.size,
  }
}

/** Both streams are read at once, and folded one after the other. */
async function loadEntity(store: EventStore, stream: string, decider: Decider<unknown> | undefined): Promise<Entity> {
  const entity = newEntity(decider)
  const refusals: RecordedEvent[] = []
  await Promise.all([
    readAll(store, stream, (event) => foldRecorded(decider, entity, event)),
    readAll(store, refusalsStream(stream), (event) => refusals.push(event)),
  ])
  for (const refusal of refusals) foldRefusal(entity, refusal)
  return entity
}

async function readAll(store: EventStore, stream: string, take: (event: RecordedEvent) => void): Promise<void> {
  for (let from = 0; ; ) {
    const page = await store.readStream(stream, { from, direction: 'forwards', countMax: pageCount })
    for (const event of page) take(event)
    const last = page.at(-1)
    if (!last || page.length < pageCount) return
    from = last.revision + 1
  }
}

function trim(map: Map<string, unknown>, countMax: number): void {
  for (const key of map.keys()) {
    if (map.size <= countMax) return
    map.delete(key)
  }
}
