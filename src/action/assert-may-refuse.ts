import type { EventStore } from '#event-store/event-store.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Entity } from './entity.ts'
import type { EntityCache } from './entity-cache.ts'

/**
 * An accepted action that was decided on an outdated state meets a conflict at its append. A refusal goes to another
 * stream and would not notice; so before one is recorded, two questions (E2):
 *
 * - Has anybody appended to the entity since? Then what is refused may be accepted there already.
 * - Can an append whose answer never came still land? It may accept the very action that is refused here. The next
 *   accepted action of the entity ends that doubt, and so does time.
 */
export async function assertMayRefuse(options: {
  readonly store: EventStore
  readonly stream: string
  readonly entity: Entity
  readonly doubts: Pick<EntityCache, 'isInDoubt'>
  /** False when the entity was just read. */
  readonly mayBeStale: boolean
}): Promise<void> {
  const { store, stream, entity, doubts } = options
  const next = { from: entity.revision + 1, direction: 'forwards', countMax: 1 } as const
  const newer = options.mayBeStale ? await store.readStream(stream, next) : []
  if (newer.length > 0) throw new PlatformError('revision-conflict', `Somebody else appended to ${stream} meanwhile.`)
  if (doubts.isInDoubt(stream, entity.revision))
    throw new PlatformError('unavailable', `An earlier append to ${stream} is not answered yet.`)
}
