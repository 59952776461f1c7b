import { createHash } from 'node:crypto'
import { newUuid } from '#kernel/ids.ts'
import type { Log } from '#kernel/log.ts'
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

type OpenOptions = { sql: Client; definition: ProjectionDefinition; epoch: number; log: Log }

/**
 * The read model's checkpoint, claimed for this leader; the tables made when they are not there. A definition with another version or other
 * tables gets empty ones: read models are disposable (P3), the log fills them again.
 */
export async function openReadModel(options: OpenOptions): Promise<Checkpoint> {
  const { sql, definition, epoch, log } = options
  const { schemaName } = definition.model
  const shape = shapeHash(definition)
  return inTransaction(sql, async (tx) => {
    await lockUntilCommit(tx, schemaName)
    const found = await findCheckpoint(tx, schemaName)
    if (found) await claimCheckpoint(tx, schemaName, found, epoch)
    if (found && found.version === definition.version && found.shape === shape) return found
    if (found)
      log.info('the projection changed: its read model is made anew', { from: found.version, to: definition.version })
    return makeAnew(tx, definition, epoch, shape)
  })
}

/** Empties the read model under a new incarnation; the projector then replays the log. */
export async function resetReadModel({ sql, definition, epoch }: Omit<OpenOptions, 'log'>): Promise<Checkpoint> {
  return inTransaction(sql, async (tx) => {
    const { schemaName } = definition.model
    await lockUntilCommit(tx, schemaName)
    const found = await findCheckpoint(tx, schemaName)
    if (found) await claimCheckpoint(tx, schemaName, found, epoch)
    return makeAnew(tx, definition, epoch, shapeHash(definition))
  })
}

/** A new life of the same rows: patches announced before it do not count any more. */
export async function renewIncarnation({ sql, definition, epoch }: Omit<OpenOptions, 'log'>): Promise<string> {
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

function shapeHash({ model }: ProjectionDefinition): string {
  const statements = describeReadModelSchema({ schema: model.schemaName, tables: Object.values(model.tables) })
  return createHash('sha256').update(statements.join('\n')).digest('hex').slice(0, 16)
}
