import type { EventStore } from '#event-store/event-store.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import { lockUntilCommit } from '#storage/advisory-lock.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { openChangeStream, type WatchedFields } from '../change-stream.ts'
import { type Checkpoint, findCheckpoint } from '../checkpoint.ts'
import type { ProjectionDefinition } from '../define-projection.ts'
import { shapeHash } from '../open-read-model.ts'
import type { HeldProjector, Projector } from '../projector.ts'
import { agrees } from '../reconcile.ts'
import { type KeysByTable, readDiffering } from './read-differing.ts'
import { keptSchemaOf, parkedNameOf } from './shadow-names.ts'
import { dropGoneTables, isLockTimeout, type SchemaSwap, swapSchemas } from './swap-schemas.ts'

/** What the process that rebuilds answers at the meeting. */
export type Met = { readonly position: Position; readonly differing: KeysByTable | 'too-many' }

export type SwapOutcome =
  | {
      readonly outcome: 'swapped'
      readonly position: Position
      readonly incarnation: string
      /** How long the swap held its locks, and how long the live projector stood still. */
      readonly swapMs: number
      readonly heldMs: number
      /** Rows announced to watchers as the difference; null: they were told to look again. */
      readonly announcedRows: number | null
    }
  /** Nothing changed, and the live projector goes on by itself: say `part`, and meet again when the shadow is close. */
  | { readonly outcome: 'parted'; readonly words: string }

export type SwapInOptions = {
  readonly projector: Projector
  /** What the shadow was made by, and what of it can be watched. The live projector finds code that fits by itself. */
  readonly definition: ProjectionDefinition
  readonly watchedFields: WatchedFields
  readonly shadowSchema: string
  /** Where the shadow stands, as it said when it was `close`; it waits there. */
  readonly closeAt: Position
  /** Says `meet`, and resolves with what `met` says; rejects when the process fails or ends. */
  readonly meet: (position: Position) => Promise<Met>
  readonly store: EventStore
  readonly sql: Client
  readonly epoch: number
  readonly clock: Clock
  readonly log: Log
  /** How long the live projector may stand still for the meeting. */
  readonly meetMsMax?: number
  /** Goes into the transaction of the swap: what must be known as soon as the tables are other ones. */
  readonly alsoDo?: (tx: QueryRunner, swapped: { readonly incarnation: string }) => Promise<void>
}

const defaultMeetMsMax = 2_000
const swapTriesMax = 5
const askAgainMs = 200

/**
 * The meeting and the swap, on the logic that leads: holds the live projector still, has the shadow come to the same
 * position, puts it in the live tables' place, and announces what differs as one commit that goes on from the life before.
 *
 * Promises: the tables are swapped or they are not, whatever is killed; the live projector goes on in either case. A crash
 * between the swap and its announcement shows when the projector starts, and then watchers look again, as after any.
 * Rejects with `lost-leadership`, and with what broke the meeting.
 */
export async function swapIn(options: SwapInOptions): Promise<SwapOutcome> {
  const { projector, log } = options
  if (!(await hasDroppedGone(options))) return parted('somebody still reads the tables kept before the last swap')
  const outcome = await projector.hold((held) => meetAndSwap(options, held))
  if (outcome.outcome === 'parted') return outcome
  const { outcome: _, position, ...facts } = outcome
  log.info(`the tables of ${projector.id} changed places at ${position}`, facts)
  await hasDroppedGone(options)
  return outcome
}

/** False when somebody reads them for long: they are dropped at the next swap, which needs their name. */
async function hasDroppedGone({ sql, projector, definition, log }: SwapInOptions): Promise<boolean> {
  try {
    await dropGoneTables(sql, projector.id, definition.model.schemaName)
    return true
  } catch (error) {
    if (!isLockTimeout(error) && !isPlatformError(error, 'unavailable')) throw error
    log.info(`the tables kept before are dropped later: ${describeError(error)}`)
    return false
  }
}

async function meetAndSwap(options: SwapInOptions, held: HeldProjector): Promise<SwapOutcome> {
  const { definition, sql, clock, closeAt } = options
  const { schemaName: liveSchema } = definition.model
  const heldAt = performance.now()
  const live = await findCheckpoint(sql, liveSchema)
  if (!live) return parted(`there are no live tables ${liveSchema} just now`)
  // The live tables need not have come as far, whether they lag or are broken: they stand still, and what the shadow has
  // beyond them is part of the difference.
  const position = later(closeAt, later(held.position, live.position))

  const met = await within(options.meet(position), clock, options.meetMsMax ?? defaultMeetMsMax)
  if (met === 'late') return parted(`the shadow did not come to ${position} in time`)
  if (met.position !== position) return parted(`the shadow came to ${met.position}, not to ${position}`)
  const changes = met.differing === 'too-many' ? undefined : await readChanges(options, met.differing)

  const swapped = await swapPatiently(options, held, live, position)
  if (!swapped) return parted('the live tables were locked by somebody else')
  const { incarnation, swapMs } = swapped
  const announcedRows = await announceSwap(options, { live, position, incarnation, changes })
  return { outcome: 'swapped', position, incarnation, swapMs, heldMs: performance.now() - heldAt, announcedRows }
}

const later = (a: Position, b: Position): Position => (comparePositions(a, b) > 0 ? a : b)
const parted = (words: string): SwapOutcome => ({ outcome: 'parted', words })

function readChanges(options: SwapInOptions, differing: KeysByTable) {
  const { sql, definition, watchedFields, shadowSchema } = options
  const watched = Object.entries(differing).filter(([table]) => watchedFields[table])
  const schemas = { liveSchema: definition.model.schemaName, shadowSchema }
  const read = (tx: QueryRunner) => readDiffering(tx, definition, schemas, Object.fromEntries(watched))
  return inTransaction(sql, read, 'isolation level repeatable read read only')
}

/**
 * Locks are waited for shortly, so that nobody waits behind us for long, and again. A connection lost in the middle leaves
 * open whether the swap took place: the live projector stands still until that is known, since it would go on with the
 * wrong code.
 */
async function swapPatiently(options: SwapInOptions, held: HeldProjector, live: Checkpoint, position: Position) {
  const { sql, projector, definition, shadowSchema, epoch, log } = options
  const swap: SchemaSwap = {
    projection: projector.id,
    liveSchema: definition.model.schemaName,
    liveIncarnation: live.incarnation,
    incarnation: newUuid(),
    shadowSchema,
    position,
    version: definition.version,
    shape: shapeHash(definition),
    epoch,
  }
  for (let attempt = 1; attempt <= swapTriesMax; attempt++) {
    const startedAt = performance.now()
    try {
      const swapMs = await swapSchemas(sql, swap, options.alsoDo)
      return { incarnation: swap.incarnation, swapMs }
    } catch (error) {
      if (isLockTimeout(error)) {
        log.info(`the swap of ${projector.id} waited for a lock in vain, attempt ${attempt}`)
        continue
      }
      if (!(await hasTakenPlace(options, held, swap))) throw error
      return { incarnation: swap.incarnation, swapMs: performance.now() - startedAt }
    }
  }
  return undefined
}

/** Rejects with `lost-leadership` when the projector has to end before that is known: the next leader looks. */
async function hasTakenPlace({ sql, clock }: SwapInOptions, held: HeldProjector, swap: SchemaSwap): Promise<boolean> {
  const look = async (tx: QueryRunner): Promise<boolean> => {
    // Whose connection is lost may still be committing: its lock is free when that is over.
    await lockUntilCommit(tx, swap.liveSchema)
    return (await findCheckpoint(tx, swap.liveSchema))?.incarnation === swap.incarnation
  }
  while (!held.isStopping()) {
    try {
      return await inTransaction(sql, look)
    } catch {
      await pause(clock, askAgainMs)
    }
  }
  throw new PlatformError(
    'lost-leadership',
    `Whether ${swap.shadowSchema} took the live tables' place is not known yet.`,
  )
}

/** Answers how many rows; null when watchers look again instead. */
async function announceSwap(
  options: SwapInOptions,
  swap: {
    readonly live: Checkpoint
    readonly position: Position
    readonly incarnation: string
    readonly changes: Awaited<ReturnType<typeof readChanges>> | undefined
  },
): Promise<number | null> {
  const { store, definition, watchedFields, log } = options
  const { live, position, incarnation, changes } = swap
  try {
    const { plugin, name: projection, version } = definition
    const stream = await openChangeStream({ store, plugin, projection, watchedFields })
    const last = stream.last()
    // Where the last commit was not announced whole, the projector finds that out when it starts.
    if (!last || !agrees(last, live)) return null
    const mark = { incarnation, version, from: live.position, to: position }
    if (!changes) {
      await stream.announceResync(mark)
      return null
    }
    const follows = { incarnation: live.incarnation, version: live.version }
    const beside = { follows, ...((await hasParked(options)) && { effects: 'ask' as const }) }
    const outcome = await stream.announce(mark, changes, beside)
    return outcome === 'too-many' ? null : [...changes.values()].reduce((sum, rows) => sum + rows.length, 0)
  } catch (error) {
    if (!isPlatformError(error)) throw error
    log.warning(`the swap of ${options.projector.id} is not announced: ${error.message}`)
    return null
  }
}

/** The tables that were live had a list of parked events of their own, and those that took their place have another. */
async function hasParked({ sql, projector, definition }: SwapInOptions): Promise<boolean> {
  const { schemaName } = definition.model
  const lists = [projector.id, parkedNameOf(projector.id, schemaName, keptSchemaOf(schemaName))]
  const text = 'select 1 from platform.parked_events where projection = any($1) and action_id is not null limit 1'
  return (await sql.unsafe(text, [lists])).length > 0
}

async function within<T>(work: Promise<T>, clock: Clock, msMax: number): Promise<T | 'late'> {
  const late = Promise.withResolvers<'late'>()
  const cancel = clock.after(msMax, () => late.resolve('late'))
  try {
    return await Promise.race([work, late.promise])
  } finally {
    cancel()
    work.catch(() => undefined)
  }
}
