import { PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import { lockUntilCommit } from '#storage/advisory-lock.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { dropReadModelSchema } from '#storage/create-tables.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { quoteName } from '#storage/table-plan.ts'
import {
  type Checkpoint,
  checkpointColumns,
  claimCheckpoint,
  findCheckpoint,
  lostLeadership,
  toCheckpoint,
} from '../checkpoint.ts'
import { goneSchemaOf, keptSchemaOf, parkedNameOf, shadowSchemaOf } from './shadow-names.ts'

/** The tables that take the place of the live ones, and what must be true of both for that. */
export type SchemaSwap = {
  /** `<plugin>.<projection>`. */
  readonly projection: string
  readonly liveSchema: string
  /** The life the live tables are in; another one means that somebody else writes them. */
  readonly liveIncarnation: string
  /** The life that begins. */
  readonly incarnation: string
  /** The shadow of a rebuild, or the kept tables on their way back. */
  readonly shadowSchema: string
  /** Exactly where the shadow stands, and what it was made by. */
  readonly position: Position
  readonly version: number
  readonly shape: string
  readonly epoch: number
}

const lockTimeoutMs = 250

/**
 * Puts the shadow in the place of the live tables, in one short transaction, by renaming: rows, checkpoint and parked
 * events together. The tables that were live are kept; those kept before wait to be dropped (`dropGoneTables`).
 *
 * Answers how long the transaction held its locks, its commit included. Renaming a schema locks no table: readers never
 * wait, and find one or the other; the live projector's commits wait. `alsoDo` comes before the locks. Throws
 * `lost-leadership` when another leader has claimed the tables, `unavailable` when the shadow is not where it should be;
 * nothing changed then.
 */
export async function swapSchemas(
  sql: Client,
  swap: SchemaSwap,
  alsoDo?: (tx: QueryRunner, swapped: { readonly incarnation: string }) => Promise<void>,
): Promise<number> {
  let lockedAt = 0
  await inTransaction(sql, async (tx) => {
    await tx.unsafe(`set local lock_timeout = '${lockTimeoutMs}ms'; set local synchronous_commit = on`)
    await alsoDo?.(tx, swap)
    // All at one go, and then all writes in one text: locks are not held while words travel back and forth.
    const [, live, shadow, places] = await Promise.all([
      lockUntilCommit(tx, swap.liveSchema).then(() => {
        lockedAt = performance.now()
      }),
      readCheckpoint(tx, swap.liveSchema),
      readCheckpoint(tx, swap.shadowSchema),
      lookAround(tx, swap),
    ])
    checkLive(live, swap)
    checkShadow(shadow, places.lossy, swap)
    await tx.unsafe(statementsOf(swap, places.hasKept).join('; '))
  })
  return performance.now() - lockedAt
}

/** With their values written out: statements with parameters take two round trips each. */
function statementsOf(swap: SchemaSwap, hasKept: boolean): string[] {
  const { projection, liveSchema, shadowSchema, incarnation, epoch } = swap
  const shadowCheckpoint = `${quoteName(shadowSchema)}.checkpoint`
  return [
    `update ${shadowCheckpoint} set incarnation = ${quoteText(incarnation)}, epoch = ${epoch}`,
    ...renamesOf(swap, hasKept).flatMap(([from, to]) => {
      const [parkedBefore, parkedAfter] = [from, to].map((schema) =>
        quoteText(parkedNameOf(projection, liveSchema, schema)),
      )
      return [
        `alter schema ${quoteName(from)} rename to ${quoteName(to)}`,
        `delete from platform.parked_events where projection = ${parkedAfter}`,
        `update platform.parked_events set projection = ${parkedAfter} where projection = ${parkedBefore}`,
      ]
    }),
  ]
}

const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

const forgetParked = 'delete from platform.parked_events where projection = $1'

/** Drops what the last swap put aside; rejects when somebody still reads it, the next one tries again. */
export function dropGoneTables(sql: Client, projection: string, liveSchema: string): Promise<void> {
  return dropTables(sql, projection, liveSchema, goneSchemaOf(liveSchema))
}

/** Drops the kept tables, and with them the way back. */
export function dropKeptTables(sql: Client, projection: string, liveSchema: string): Promise<void> {
  return dropTables(sql, projection, liveSchema, keptSchemaOf(liveSchema))
}

/** Drops the shadow of a rebuild that is over. Its process has ended. Throws `lost-leadership` where a later leader builds it. */
export async function dropShadowTables(
  sql: Client,
  projection: string,
  liveSchema: string,
  epoch: number,
): Promise<void> {
  const schema = shadowSchemaOf(liveSchema)
  await inTransaction(sql, async (tx) => {
    await lockUntilCommit(tx, schema)
    const found = await findCheckpoint(tx, schema)
    if (found) await claimCheckpoint(tx, schema, found, epoch)
    await dropTablesIn(tx, projection, liveSchema, schema)
  })
}

/** The same, in a transaction: for a rebuild that begins. */
export function dropShadowTablesIn(tx: QueryRunner, projection: string, liveSchema: string): Promise<void> {
  return dropTablesIn(tx, projection, liveSchema, shadowSchemaOf(liveSchema))
}

/** Not under the lock of the live tables: whoever writes those does not wait for this. */
async function dropTables(sql: Client, projection: string, liveSchema: string, schema: string): Promise<void> {
  await inTransaction(sql, (tx) => dropTablesIn(tx, projection, liveSchema, schema))
}

async function dropTablesIn(tx: QueryRunner, projection: string, liveSchema: string, schema: string): Promise<void> {
  try {
    await tx.unsafe(`set local lock_timeout = '2s'`)
    await lockUntilCommit(tx, schema)
    await dropReadModelSchema(tx, schema)
    await tx.unsafe(forgetParked, [parkedNameOf(projection, liveSchema, schema)])
  } catch (cause) {
    if (!isLockTimeout(cause)) throw cause
    const words = `Somebody still uses the tables of ${schema}, so nothing was dropped: try again shortly.`
    throw new PlatformError('unavailable', words, { cause })
  }
}

/** In order. Kept tables on their way back change places with the live ones. */
function renamesOf({ liveSchema, shadowSchema }: SchemaSwap, hasKept: boolean): (readonly [string, string])[] {
  const [kept, gone] = [keptSchemaOf(liveSchema), goneSchemaOf(liveSchema)]
  if (shadowSchema === kept)
    return [
      [liveSchema, gone],
      [kept, liveSchema],
      [gone, kept],
    ]
  return [...(hasKept ? [[kept, gone] as const] : []), [liveSchema, kept], [shadowSchema, liveSchema]]
}

async function readCheckpoint(tx: QueryRunner, schema: string): Promise<Checkpoint> {
  try {
    const [row] = await tx.unsafe(`select ${checkpointColumns} from ${quoteName(schema)}.checkpoint`)
    if (row) return toCheckpoint(row)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  throw notReady(schema, 'it has no checkpoint')
}

/** A table or index of the shadow that a crash of the database would empty, and whether there are kept tables. */
async function lookAround(
  tx: QueryRunner,
  { liveSchema, shadowSchema }: SchemaSwap,
): Promise<{ readonly lossy: string | undefined; readonly hasKept: boolean }> {
  const idOf = (schema: string): string => `to_regnamespace(${quoteText(quoteName(schema))})`
  const [row] = await tx.unsafe(`select ${idOf(keptSchemaOf(liveSchema))} is not null as has_kept, (
    select relname::text from pg_class where relnamespace = ${idOf(shadowSchema)}
      and relkind in ('r', 'i') and relpersistence <> 'p' limit 1) as lossy`)
  return { lossy: typeof row?.lossy === 'string' ? row.lossy : undefined, hasKept: row?.has_kept === true }
}

function checkLive(live: Checkpoint, { liveSchema, liveIncarnation, epoch }: SchemaSwap): void {
  if (live.epoch > epoch) throw lostLeadership(liveSchema, `epoch ${live.epoch} writes it, this one is ${epoch}`)
  if (live.incarnation !== liveIncarnation)
    throw lostLeadership(liveSchema, `it is in the life ${live.incarnation}, expected ${liveIncarnation}`)
}

function checkShadow(shadow: Checkpoint, lossy: string | undefined, swap: SchemaSwap): void {
  const { shadowSchema, position, version, shape, epoch } = swap
  if (shadow.epoch > epoch) throw lostLeadership(shadowSchema, `epoch ${shadow.epoch} writes it, this one is ${epoch}`)
  const pairs = {
    position: [shadow.position, position],
    version: [shadow.version, version],
    shape: [shadow.shape, shape],
  }
  for (const [name, [found, wanted]] of Object.entries(pairs))
    if (found !== wanted) throw notReady(shadowSchema, `its ${name} is ${found}, wanted ${wanted}`)
  if (lossy !== undefined) throw notReady(shadowSchema, `${lossy} would not survive a crash of the database`)
}

/** A lock was not free within its time. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03'
}

/** No such schema, or no such table. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '42P01' || error.code === '3F000')
}

function notReady(schema: string, words: string): PlatformError {
  return new PlatformError('unavailable', `The shadow ${schema} cannot take the live tables' place: ${words}.`)
}
