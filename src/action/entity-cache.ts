import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { refusalsStream } from '#event-store/stream-name.ts'
import type { Decider } from './decider.ts'
import { type Entity, foldRecorded, foldRefusal, newEntity } from './entity.ts'

/** Folded entities, newest use last; bounded. An entity is taken by one lane at a time. */
export interface EntityCache {
  load(stream: string, decider: Decider<unknown> | undefined): Promise<Entity>
  /** Keeps an entity after its append, and notes which stream its action ids went to. */
  keep(stream: string, entity: Entity, actionIds: readonly string[]): void
  drop(stream: string): void
  /** The stream an action id went to lately: one id names one action of one entity. */
  streamOf(actionId: string): string | undefined
  size(): number
}

const pageCount = 1_000
const idsRememberedMax = 100_000

export function createEntityCache(options: { store: EventStore; countMax: number }): EntityCache {
  const { store, countMax } = options
  const entities = new Map<string, Entity>()
  const streams = new Map<string, string>()

  return {
    load: async (stream, decider) => {
      const known = entities.get(stream)
      if (known) return known
      const entity = newEntity(decider)
      await Promise.all([
        readAll(store, stream, (event) => foldRecorded(decider, entity, event)),
        readAll(store, refusalsStream(stream), (event) => foldRefusal(entity, event)),
      ])
      return entity
    },
    keep: (stream, entity, actionIds) => {
      entities.delete(stream)
      entities.set(stream, entity)
      for (const id of actionIds) if (!streams.has(id)) streams.set(id, stream)
      trim(entities, countMax)
      trim(streams, idsRememberedMax)
    },
    drop: (stream) => void entities.delete(stream),
    streamOf: (actionId) => streams.get(actionId),
    size: () => entities.size,
  }
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
