import { createHash } from 'node:crypto'
import { newUuid } from '#kernel/ids.ts'
import { lockUntilCommit } from '#storage/advisory-lock.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { createReadModelSchema, describeReadModelSchema, dropReadModelSchema } from '#storage/create-tables.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import {
  type Checkpoint,
  claimCheckpoint,
  createCheckpointTable,
  findCheckpoint,
  saveFirstCheckpoint,
  saveIncarnation,
} from './checkpoint.ts'
import { type ProjectionDefinition, projectionId } from './define-projection.ts'
import { clearParked } from './parked-events.ts'
import { removePin } from './rebuild/projection-pins.ts'

type OpenOptions = { sql: Client; definition: ProjectionDefinition; epoch: number }

/**
 * The read model's checkpoint, claimed for this leader; the tables made where there are none. Tables of another version
 * are left as they are: who opens them runs code that fits them (`fits`), and a rebuild brings those of today (P3).
 */
export async function openReadModel({ sql, definition, epoch }: OpenOptions): Promise<Checkpoint> {
  const { schemaName } = definition.model
  return inTransaction(sql, async (tx) => {
    await lockUntilCommit(tx, schemaName)
    const found = await findCheckpoint(tx, schemaName)
    if (found) await claimCheckpoint(tx, schemaName, found, epoch)
    return found ?? makeAnew(tx, definition, epoch, shapeHash(definition))
  })
}

/** Whether this definition made the tables that the checkpoint stands beside. */
export function fits(definition: ProjectionDefinition, checkpoint: Checkpoint): boolean {
  return definition.version === checkpoint.version && shapeHash(definition) === checkpoint.shape
}

/** Empties the read model under a new incarnation; the projector then replays the log. */
export async function resetReadModel({ sql, definition, epoch }: OpenOptions): Promise<Checkpoint> {
  return inTransaction(sql, async (tx) => {
    const { schemaName } = definition.model
    await lockUntilCommit(tx, schemaName)
    const found = await findCheckpoint(tx, schemaName)
    if (found) await claimCheckpoint(tx, schemaName, found, epoch)
    // Whatever version somebody had returned to is gone with its rows.
    await removePin(tx, projectionId(definition))
    return makeAnew(tx, definition, epoch, shapeHash(definition))
  })
}

/** A new life of the same rows: patches announced before it do not count any more. */
export async function renewIncarnation({ sql, definition, epoch }: OpenOptions): Promise<string> {
  const incarnation = newUuid()
  await inTransaction(sql, async (tx) => {
    await lockUntilCommit(tx, definition.model.schemaName)
    await saveIncarnation(tx, definition.model.schemaName, incarnation, epoch)
  })
  return incarnation
}

async function makeAnew(
  tx: QueryRunner,
  definition: ProjectionDefinition,
  epoch: number,
  shape: string,
): Promise<Checkpoint> {
  const { schemaName, tables } = definition.model
  await tx.unsafe(`set local lock_timeout = '10s'`)
  await dropReadModelSchema(tx, schemaName)
  await createReadModelSchema(tx, { schema: schemaName, tables: Object.values(tables) })
  await createCheckpointTable(tx, schemaName)
  await saveFirstCheckpoint(tx, schemaName, { incarnation: newUuid(), version: definition.version, shape, epoch })
  await clearParked(tx, projectionId(definition))
  const made = await findCheckpoint(tx, schemaName)
  if (!made) throw new Error(`the checkpoint of ${schemaName} vanished in its own transaction`)
  return made
}

/** Equal for equal tables, whatever schema they are made in later. */
export function shapeHash({ model }: ProjectionDefinition): string {
  const statements = describeReadModelSchema({ schema: model.schemaName, tables: Object.values(model.tables) })
  return createHash('sha256').update(statements.join('\n')).digest('hex').slice(0, 16)
}
