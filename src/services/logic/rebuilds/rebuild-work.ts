import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { findCheckpoint } from '#projection/checkpoint.ts'
import type { FittingCode } from '#projection/fitting-code.ts'
import type { Projector } from '#projection/projector.ts'
import { removePin, savePin } from '#projection/rebuild/projection-pins.ts'
import { type RebuildRecord, toBegin } from '#projection/rebuild/rebuild-machine.ts'
import type { FromRebuilder, ToRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import { markRecorded, saveRebuild } from '#projection/rebuild/rebuild-table.ts'
import { keptSchemaOf, shadowSchemaOf } from '#projection/rebuild/shadow-names.ts'
import { swapIn } from '#projection/rebuild/swap-in.ts'
import { dropShadowTables } from '#projection/rebuild/swap-schemas.ts'
import type { Client } from '#storage/client.ts'
import type { Rebuilder } from '../../rebuilder/start-rebuilder.ts'
import { findReturnCode, type RebuildableProjection } from './kept-tables.ts'
import { type RebuildDecision, toEnding } from './rebuild-decisions.ts'
import type { RebuildWork } from './running-rebuild.ts'

/** Starts the process of a rebuild. */
export type BeginRebuilder = (options: {
  readonly begin: Extract<ToRebuilder, { kind: 'begin' }>
  readonly onMessage: (message: FromRebuilder) => void
  readonly log: Log
}) => Rebuilder

export type RebuildWorkOptions = {
  readonly sql: Client
  readonly store: EventStore
  readonly epoch: number
  readonly findProjector: (id: string) => Projector | undefined
  readonly beginRebuilder: BeginRebuilder
  /** Into the log. */
  readonly record: (decision: RebuildDecision) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

/** What one rebuild of this projection does to the database, the log and the live projector. */
export function createRebuildWork(
  options: RebuildWorkOptions,
  projection: RebuildableProjection,
  onSwapped: () => Promise<void>,
): RebuildWork {
  const { sql, epoch, log, record } = options
  const { definition } = projection

  const swap: RebuildWork['swap'] = async ({ closeAt, meet, done }) => {
    const { projection: id, by, reason, kind, toVersion } = done.state
    const projector = options.findProjector(id)
    if (!projector) throw new PlatformError('unavailable', `No projector of ${id} runs here.`)
    const isPinned = kind === 'return' && toVersion !== definition.version
    const outcome = await swapIn({
      ...options,
      ...(await findShadowCode(sql, projection, done)),
      projector,
      shadowSchema: shadowSchemaFor(projection, done),
      closeAt,
      meet,
      alsoDo: async (tx) => {
        const pin = { projection: id, version: toVersion, by, reason }
        // At one go: locks are held meanwhile.
        await Promise.all([saveRebuild(tx, done, epoch), isPinned ? savePin(tx, pin) : removePin(tx, id)])
      },
    })
    if (outcome.outcome === 'swapped') await onSwapped()
    return outcome
  }

  return {
    begin: (current, onMessage) => {
      const liveSchema = definition.model.schemaName
      const begin = toBegin(current, { liveSchema, shadowSchema: shadowSchemaFor(projection, current), epoch })
      return options.beginRebuilder({ begin, onMessage, log })
    },
    swap,
    save: (current) => saveRebuild(sql, current, epoch),
    cleanUp: async (current) => {
      const { state } = current
      // Also of who was stopped for a while and does not know: what another leader goes on with is not cleaned up.
      await saveRebuild(sql, current, epoch)
      // After a swap there is none, and kept tables that were brought forward are kept.
      if (state.phase !== 'done' && state.kind === 'rebuild')
        await dropShadowTables(sql, state.projection, definition.model.schemaName, epoch)
      const ending = toEnding(state)
      if (ending) await record(ending)
      await markRecorded(sql, state.id, epoch)
    },
  }
}

/** Where the tables are that take the live ones' place: the shadow, or the kept ones on their way back. */
export function shadowSchemaFor({ definition }: RebuildableProjection, { state }: RebuildRecord): string {
  const live = definition.model.schemaName
  return state.kind === 'return' ? keptSchemaOf(live) : shadowSchemaOf(live)
}

/** What those tables belong to: the loaded code, or kept code of the version returned to. */
export async function findShadowCode(
  sql: Client,
  projection: RebuildableProjection,
  { state }: RebuildRecord,
): Promise<Pick<FittingCode, 'definition' | 'watchedFields'>> {
  const { definition, watchedFields } = projection
  if (state.kind === 'rebuild') return { definition, watchedFields }
  const checkpoint = await findCheckpoint(sql, keptSchemaOf(definition.model.schemaName))
  if (!checkpoint) throw new PlatformError('not-found', `The kept tables of ${state.projection} are gone.`)
  const code = await findReturnCode(projection, checkpoint)
  if ('obstacle' in code) throw new PlatformError('not-found', code.obstacle)
  return code
}
