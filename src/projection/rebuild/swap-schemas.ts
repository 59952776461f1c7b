import { PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import { lockUntilCommit } from '#storage/advisory-lock.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { dropReadModelSchema } from '#storage/create-tables.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { quoteName } from '#storage/table-plan.ts'
import { type Checkpoint, claimCheckpoint, findCheckpoint } from '../checkpoint.ts'
import { goneSchemaOf, keptSchemaOf, parkedNameOf } from './shadow-names.ts'

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
 * Answers how long the transaction held its locks, its commit included. Renaming a schema locks no table: readers never wait, and find one or the other. Throws `lost-leadership` when
 * another leader has claimed the tables, `unavailable` when the shadow is not where it should be; nothing changed then.
 */
export async function swapSchemas(
  sql: Client,
  swap: SchemaSwap,
  alsoDo?: (tx: QueryRunner, swapped: { readonly incarnation: string }) => Promise<void>,
): Promise<number> {
  const { liveSchema, shadowSchema, incarnation, epoch } = swap
  let lockedAt = 0
  await inTransaction(sql, async (tx) => {
    await tx.unsafe(`set local lock_timeout = '${lockTimeoutMs}ms'; set local synchronous_commit = on`)
    await lockUntilCommit(tx, liveSchema)
    lockedAt = performance.now()
    await checkLive(tx, swap)
    await checkShadow(tx, swap)
    await tx.unsafe(`update ${quoteName(shadowSchema)}.checkpoint set incarnation = $1, epoch = $2`, [
      incarnation,
      epoch,
    ])
    for (const [from, to] of renamesOf(swap, await schemaExists(tx, keptSchemaOf(liveSchema)))) {
      await tx.unsafe(`alter schema ${quoteName(from)} rename to ${quoteName(to)}`)
      await renameParked(tx, swap, from, to)
    }
    await alsoDo?.(tx, { incarnation })
  })
  return performance.now() - lockedAt
}

/** Drops what the last swap put aside; gives up when somebody still reads it, the next one tries again. */
export async function dropGoneTables(sql: Client, projection: string, liveSchema: string): Promise<void> {
  const gone = goneSchemaOf(liveSchema)
  await inTransaction(sql, async (tx) => {
    await tx.unsafe(`set local lock_timeout = '2s'`)
    await lockUntilCommit(tx, liveSchema)
    await dropReadModelSchema(tx, gone)
    await forgetParked(tx, parkedNameOf(projection, liveSchema, gone))
  })
}

/** Drops the kept tables, and with them the way back. */
export async function dropKeptTables(sql: Client, projection: string, liveSchema: string): Promise<void> {
  const kept = keptSchemaOf(liveSchema)
  await inTransaction(sql, async (tx) => {
    await tx.unsafe(`set local lock_timeout = '2s'`)
    await lockUntilCommit(tx, liveSchema)
    await dropReadModelSchema(tx, kept)
    await forgetParked(tx, parkedNameOf(projection, liveSchema, kept))
  })
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

async function checkLive(tx: QueryRunner, { liveSchema, liveIncarnation, epoch }: SchemaSwap): Promise<void> {
  const live = await findCheckpoint(tx, liveSchema)
  if (!live) throw new PlatformError('unavailable', `There are no tables ${liveSchema} to take the place of.`)
  await claimCheckpoint(tx, liveSchema, live, epoch)
  if (live.incarnation === liveIncarnation) return
  const words = `${liveSchema} is in the life ${live.incarnation}, expected ${liveIncarnation}: somebody else writes it.`
  throw new PlatformError('lost-leadership', words)
}

async function checkShadow(tx: QueryRunner, swap: SchemaSwap): Promise<void> {
  const { shadowSchema, position, version, shape, epoch } = swap
  const shadow = await findCheckpoint(tx, shadowSchema)
  if (!shadow) throw notReady(shadowSchema, 'it is not there')
  await claimCheckpoint(tx, shadowSchema, shadow, epoch)
  const wanted: Partial<Checkpoint> = { position, version, shape }
  for (const [name, value] of Object.entries(wanted))
    if (shadow[name as keyof Checkpoint] !== value)
      throw notReady(shadowSchema, `its ${name} is ${shadow[name as keyof Checkpoint]}, wanted ${value}`)
  const [lossy] = await tx.unsafe(
    `select relname from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'i') and relpersistence <> 'p'`,
    [quoteName(shadowSchema)],
  )
  if (lossy) throw notReady(shadowSchema, `${lossy.relname} would not survive a crash of the database`)
}

function notReady(schema: string, words: string): PlatformError {
  return new PlatformError('unavailable', `The shadow ${schema} cannot take the live tables' place: ${words}.`)
}

async function schemaExists(tx: QueryRunner, schema: string): Promise<boolean> {
  const [found] = await tx.unsafe('select to_regnamespace($1) is not null as there', [quoteName(schema)])
  return found?.there === true
}

async function renameParked(tx: QueryRunner, swap: SchemaSwap, from: string, to: string): Promise<void> {
  const { projection, liveSchema } = swap
  await forgetParked(tx, parkedNameOf(projection, liveSchema, to))
  await tx.unsafe('update platform.parked_events set projection = $1 where projection = $2', [
    parkedNameOf(projection, liveSchema, to),
    parkedNameOf(projection, liveSchema, from),
  ])
}

async function forgetParked(tx: QueryRunner, name: string): Promise<void> {
  await tx.unsafe('delete from platform.parked_events where projection = $1', [name])
}
