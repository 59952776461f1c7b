import { comparePositions, type Position, parsePosition } from '#kernel/position.ts'
import type { Checkpoint } from '#projection/checkpoint.ts'
import type { Looked } from '#vortex/protocol/passed-request.ts'
import type { ObservableDefinition } from './define-observable.ts'

/**
 * Says on logic how far the read model of an observable has looked through the log, also where it found nothing for it:
 * of that no announcement tells.
 *
 * Promises: `through` names a checkpoint that was committed after everything up to the position had been looked at.
 */
export type LookedThrough = (observable: string, position: string) => Promise<Looked>

export function createLookedThrough(options: {
  readonly observables: readonly Pick<ObservableDefinition, 'name' | 'feed' | 'schemaName'>[]
  /** How far the projector of a feed has looked; undefined for a feed of another kind. */
  readonly lookedTo: (feed: string) => Position | undefined
  /** Of the read model in a schema, as it is committed. */
  readonly checkpointOf: (
    schemaName: string,
  ) => Promise<Pick<Checkpoint, 'incarnation' | 'version' | 'position'> | undefined>
}): LookedThrough {
  const byName = new Map(options.observables.map((observable) => [observable.name, observable]))
  return async (name, position) => {
    const observable = byName.get(name)
    const lookedTo = observable && options.lookedTo(observable.feed)
    if (!observable || !lookedTo) return { looked: 'elsewhere' }
    const wanted = parsePosition(position)
    if (!wanted || comparePositions(lookedTo, wanted) < 0) return { looked: 'not-yet' }
    const checkpoint = await options.checkpointOf(observable.schemaName)
    if (!checkpoint) return { looked: 'not-yet' }
    const { incarnation, version } = checkpoint
    return { looked: 'through', incarnation, version, position: checkpoint.position }
  }
}
