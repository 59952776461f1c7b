import { must } from '#kernel/assert.ts'
import type { Log } from '#kernel/log.ts'
import { logStart, type Position } from '#kernel/position.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { streamRows } from '#storage/stream-rows.ts'
import type { ProjectionDefinition } from '../../define-projection.ts'
import { keyText, shapesOf } from '../../table-shape.ts'
import type { RebuildProver } from '../rebuild-ports.ts'
import type { RebuildProof } from '../rebuild-state.ts'
import { isRefusedByDatabase } from './refused-by-database.ts'
import { createSecondFold } from './second-fold.ts'
import { createTableDigest } from './table-digest.ts'

type TableProof = RebuildProof['tables'][number]
type Example = RebuildProof['examples'][number]

/** How disputed events appear among the tables of a proof. */
export const parkedEventsTable = 'parked events'

const examplesMax = 10
const defaultSizeMax = 128 * 1_048_576

/**
 * Proves a shadow (P4): what stands in Postgres, read back row by row, is what a fold of its own over the same history
 * has. Finds a projection that is not pure, and whatever was lost or bent on the way into the tables.
 */
export function createRebuildProver(options: {
  /** Its definition names the live schema. */
  readonly definition: ProjectionDefinition
  readonly shadowSchema: string
  readonly sql: Client
  readonly log: Log
  /** Bytes of rows it may hold. */
  readonly sizeMax?: number
}): RebuildProver {
  const { definition, shadowSchema, sql, log } = options
  const shapes = shapesOf(definition.model.tables)
  const tables = definition.model.build(shadowSchema)
  const beginFold = () => createSecondFold({ definition, shapes, sizeMax: options.sizeMax ?? defaultSizeMax })
  let fold = beginFold()
  let noted: Position = logStart

  const proveTable = async (tx: QueryRunner, name: string): Promise<{ found: TableProof; examples: Example[] }> => {
    const table = must(tables[name], `${name} is a table of the read model`)
    const shape = must(shapes[name], `${name} is a table of the projection`)
    const wanted = createTableDigest()
    for (const row of fold.rowsOf(name).values()) wanted.add(row)
    const found = createTableDigest()
    for await (const rows of streamRows(tx, table))
      for (const row of rows) if (fold.holds(name, keyText(shape.keyOf(row)))) found.add(row)
    const proof: TableProof = {
      table: name,
      rowCount: found.rowCount(),
      wantedRowCount: wanted.rowCount(),
      hash: found.hex(),
      wantedHash: wanted.hex(),
    }
    return { found: proof, examples: isEqual(proof) ? [] : await findExamples(tx, name) }
  }

  /** Rows that only one of the two has, or that differ. Once more through the table: nobody asks when all is well. */
  const findExamples = async (tx: QueryRunner, name: string): Promise<Example[]> => {
    const table = must(tables[name], `${name} is a table of the read model`)
    const shape = must(shapes[name], `${name} is a table of the projection`)
    const wanted = fold.rowsOf(name)
    const unseen = new Set(wanted.keys())
    const examples: Example[] = []
    for await (const rows of streamRows(tx, table)) {
      for (const row of rows) {
        const key = keyText(shape.keyOf(row))
        unseen.delete(key)
        const [here, there] = [createTableDigest(), createTableDigest()]
        const other = wanted.get(key)
        here.add(row)
        if (other) there.add(other)
        if (fold.holds(name, key) && here.hex() !== there.hex()) examples.push({ table: name, key })
        if (examples.length >= examplesMax) return examples
      }
    }
    return [...examples, ...[...unseen].map((key) => ({ table: name, key }))].slice(0, examplesMax)
  }

  /** Events that the two folds judged differently, other than those that only Postgres could refuse. */
  const settleDisputes = async (): Promise<Example[]> => {
    const examples: Example[] = []
    for (const { eventId, stream, rows } of fold.disputes()) {
      if (rows && (await isRefusedByDatabase(sql, tables, rows))) continue
      const words = rows ? 'was parked, and can be projected' : 'was projected, and fails when it is projected again'
      log.error(`the rebuild is not proved: event ${eventId} in ${stream} ${words}`)
      examples.push({ table: parkedEventsTable, key: eventId })
    }
    return examples
  }

  return {
    noted: () => noted,
    note: (plan, upTo, isParked) => {
      fold.note(plan, isParked)
      noted = upTo
    },
    forget: () => {
      fold = beginFold()
      noted = logStart
    },
    heldRows: () => fold.heldRows(),
    prove: async () => {
      const disputed = await settleDisputes()
      const read = async (tx: QueryRunner) => {
        await tx.unsafe(`set local statement_timeout = 0`)
        const proofs: Awaited<ReturnType<typeof proveTable>>[] = []
        for (const name of Object.keys(tables)) proofs.push(await proveTable(tx, name))
        return proofs
      }
      const proofs = await inTransaction(sql, read, 'isolation level repeatable read read only')
      const examples = [...disputed, ...proofs.flatMap((proof) => proof.examples)]
      return {
        outcome: examples.length === 0 ? 'equal' : 'different',
        sampleShare: fold.share(),
        position: noted,
        tables: proofs.map(({ found }) => found),
        examples: examples.slice(0, examplesMax),
      }
    },
  }
}

function isEqual({ rowCount, wantedRowCount, hash, wantedHash }: TableProof): boolean {
  return rowCount === wantedRowCount && hash === wantedHash
}
