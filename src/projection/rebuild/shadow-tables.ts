import { newUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { lockUntilCommit } from '#storage/advisory-lock.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { createReadModelIndexes, createReadModelTables, dropReadModelSchema } from '#storage/create-tables.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { planTable } from '#storage/table-plan.ts'
import {
  type Checkpoint,
  claimCheckpoint,
  createCheckpointTable,
  findCheckpoint,
  saveFirstCheckpoint,
} from '../checkpoint.ts'
import { type ProjectionDefinition, projectionId } from '../define-projection.ts'
import { shapeHash } from '../open-read-model.ts'
import { clearParked } from '../parked-events.ts'
import { parkedNameOf } from './shadow-names.ts'

/** Where a shadow is made, and what it is a shadow of. */
export type ShadowPlace = {
  readonly sql: Client
  /** As loaded: its tables are the live ones. */
  readonly definition: ProjectionDefinition
  readonly shadowSchema: string
  readonly epoch: number
}

/** The same projection over tables in the shadow's schema. */
export function shadowDefinition(definition: ProjectionDefinition, shadowSchema: string): ProjectionDefinition {
  const { model } = definition
  return { ...definition, model: { ...model, schemaName: shadowSchema, tables: model.build(shadowSchema) } }
}

/**
 * The checkpoint of the shadow, claimed for this leader. A shadow of other code, or none, is made anew: with primary keys,
 * which rows are loaded and replaced by; the other indexes come when the rows are there.
 */
export async function openShadow(place: ShadowPlace): Promise<Checkpoint> {
  const { sql, definition, shadowSchema, epoch } = place
  const shape = shapeHash(definition)
  return inTransaction(sql, async (tx) => {
    await lockUntilCommit(tx, shadowSchema)
    const found = await findCheckpoint(tx, shadowSchema)
    if (found) await claimCheckpoint(tx, shadowSchema, found, epoch)
    return found?.version === definition.version && found.shape === shape ? found : makeShadow(tx, place, shape)
  })
}

/** The kept tables of an earlier version, claimed. Throws `not-found` where they are gone or of another version. */
export async function openKept({ sql, definition, shadowSchema, epoch }: ShadowPlace): Promise<Checkpoint> {
  return inTransaction(sql, async (tx) => {
    await lockUntilCommit(tx, shadowSchema)
    const found = await findCheckpoint(tx, shadowSchema)
    if (found?.version !== definition.version || found.shape !== shapeHash(definition))
      throw new PlatformError(
        'not-found',
        `${shadowSchema} holds ${found ? `version ${found.version}` : 'nothing'}, wanted version ${definition.version} ` +
          `of ${projectionId(definition)}. Rebuild it instead.`,
      )
    await claimCheckpoint(tx, shadowSchema, found, epoch)
    return found
  })
}

async function makeShadow(
  tx: QueryRunner,
  { definition, shadowSchema, epoch }: ShadowPlace,
  shape: string,
): Promise<Checkpoint> {
  const { model } = shadowDefinition(definition, shadowSchema)
  await tx.unsafe(`set local lock_timeout = '10s'`)
  await dropReadModelSchema(tx, shadowSchema)
  await createReadModelTables(tx, { schema: shadowSchema, tables: Object.values(model.tables) })
  await createCheckpointTable(tx, shadowSchema)
  await saveFirstCheckpoint(tx, shadowSchema, { incarnation: newUuid(), version: definition.version, shape, epoch })
  await clearParked(tx, parkedNameOf(projectionId(definition), definition.model.schemaName, shadowSchema))
  const made = await findCheckpoint(tx, shadowSchema)
  if (!made) throw new Error(`the checkpoint of ${shadowSchema} vanished in its own transaction`)
  return made
}

/** For a shadow that has to be begun again. Refused as `lost-leadership` where a later leader builds it. */
export async function dropShadow({ sql, shadowSchema, epoch }: ShadowPlace): Promise<void> {
  await inTransaction(sql, async (tx) => {
    await lockUntilCommit(tx, shadowSchema)
    const found = await findCheckpoint(tx, shadowSchema)
    if (found) await claimCheckpoint(tx, shadowSchema, found, epoch)
    await dropReadModelSchema(tx, shadowSchema)
  })
}

/** Builds the indexes that are missing and tells the planner about the rows, however long that takes. */
export async function indexShadow({ sql, definition, shadowSchema }: ShadowPlace): Promise<void> {
  const tables = Object.values(shadowDefinition(definition, shadowSchema).model.tables)
  await inTransaction(sql, async (tx) => {
    await tx.unsafe('set local statement_timeout = 0')
    await createReadModelIndexes(tx, { schema: shadowSchema, tables })
    for (const table of tables) await tx.unsafe(`analyze ${planTable(table).quoted}`)
  })
}

export async function countShadowRows({ sql, definition, shadowSchema }: ShadowPlace): Promise<number> {
  const tables = Object.values(shadowDefinition(definition, shadowSchema).model.tables)
  const counts = tables.map((table) => `(select count(*) from ${planTable(table).quoted})`)
  if (counts.length === 0) return 0
  return inTransaction(sql, async (tx) => {
    await tx.unsafe('set local statement_timeout = 0')
    const [row] = await tx.unsafe(`select (${counts.join(' + ')})::float8 as n`)
    return Number(row?.n ?? 0)
  })
}
