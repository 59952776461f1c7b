import { PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import { logStart, parsePosition } from '#kernel/position.ts'
import type { QueryRunner } from '#storage/client.ts'

/**
 * How far a read model has come: one row beside its tables, committed with them (P2), so that it is swapped and
 * restored with them. The incarnation names this life of the read model: a new one says that older patches do not fit.
 */
export type Checkpoint = {
  readonly position: Position
  readonly incarnation: string
  readonly version: number
  /** Hash of the tables' definitions. */
  readonly shape: string
  readonly eventCount: number
  /** Of the leader that wrote last. */
  readonly epoch: number
}

export const checkpointColumns =
  'position, incarnation, version, shape, event_count::float8 as event_count, epoch::float8 as epoch'

export async function createCheckpointTable(tx: QueryRunner, schema: string): Promise<void> {
  await tx.unsafe(`create table if not exists "${schema}".checkpoint (
    is_only boolean primary key default true check (is_only), position text not null, incarnation text not null,
    version integer not null, shape text not null, epoch bigint not null, event_count bigint not null default 0,
    committed_at timestamptz not null default now())`)
}

export async function findCheckpoint(tx: QueryRunner, schema: string): Promise<Checkpoint | undefined> {
  const [exists] = await tx.unsafe('select to_regclass($1) is not null as there', [`"${schema}".checkpoint`])
  if (!exists?.there) return undefined
  const [row] = await tx.unsafe(`select ${checkpointColumns} from "${schema}".checkpoint`)
  return row && toCheckpoint(row)
}

/** Whether the tables are still in the life they were found in, by what is committed now. */
export async function isInLife(sql: QueryRunner, schema: string, incarnation: string): Promise<boolean> {
  const text = `select incarnation = $1 as is_same from "${schema}".checkpoint`
  const [row] = await sql.unsafe(text, [incarnation], { prepare: true })
  return row?.is_same === true
}

export async function saveFirstCheckpoint(
  tx: QueryRunner,
  schema: string,
  first: Omit<Checkpoint, 'position' | 'eventCount'>,
): Promise<void> {
  const text = `insert into "${schema}".checkpoint (position, incarnation, version, shape, epoch) values ($1, $2, $3, $4, $5)`
  await tx.unsafe(text, [logStart, first.incarnation, first.version, first.shape, first.epoch])
}

export async function saveIncarnation(
  tx: QueryRunner,
  schema: string,
  incarnation: string,
  epoch: number,
): Promise<void> {
  const text = `update "${schema}".checkpoint set incarnation = $1, epoch = $2 where epoch <= $2`
  const saved = await tx.unsafe(text, [incarnation, epoch])
  if (saved.count !== 1) throw lostLeadership(schema, `a leader after epoch ${epoch} writes it`)
}

/** From here on an earlier leader is refused, also before this one has written anything (seam 9). */
export async function claimCheckpoint(tx: QueryRunner, schema: string, found: Checkpoint, epoch: number) {
  if (found.epoch > epoch) throw lostLeadership(schema, `epoch ${found.epoch} writes it, this one is ${epoch}`)
  if (found.epoch < epoch) await tx.unsafe(`update "${schema}".checkpoint set epoch = $1`, [epoch])
}

/** Moves the checkpoint, comparing what it was: a leader that lost its lock changes nothing. */
export async function moveCheckpoint(
  tx: QueryRunner,
  schema: string,
  move: { from: Position; to: Position; incarnation: string; eventCount: number; epoch: number },
): Promise<void> {
  const text = `update "${schema}".checkpoint set position = $1, event_count = event_count + $2, epoch = $3, committed_at = now()
    where position = $4 and incarnation = $5 and epoch <= $3`
  const moved = await tx.unsafe(text, [move.to, move.eventCount, move.epoch, move.from, move.incarnation], {
    prepare: true,
  })
  if (moved.count === 1) return
  throw lostLeadership(schema, `it is no longer at ${move.from} in epoch ${move.epoch}: another projector moved it`)
}

/** Gives the rows a new life where they stand, comparing what it was; the same life again only asks whether it is ours. */
export async function continueLife(
  tx: QueryRunner,
  schema: string,
  life: { at: Position; incarnation: string; next: string; epoch: number },
): Promise<void> {
  const text = `update "${schema}".checkpoint set incarnation = $1, epoch = $2, committed_at = now()
    where position = $3 and incarnation = $4 and epoch <= $2`
  const saved = await tx.unsafe(text, [life.next, life.epoch, life.at, life.incarnation], { prepare: true })
  if (saved.count === 1) return
  throw lostLeadership(schema, `it is no longer at ${life.at} in epoch ${life.epoch}: another projector moved it`)
}

export function lostLeadership(schema: string, words: string): PlatformError {
  return new PlatformError('lost-leadership', `The checkpoint of ${schema} is not ours: ${words}.`)
}

export function toCheckpoint(row: Record<string, unknown>): Checkpoint {
  return {
    position: parsePosition(row.position) ?? logStart,
    incarnation: String(row.incarnation),
    version: Number(row.version),
    shape: String(row.shape),
    eventCount: Number(row.event_count),
    epoch: Number(row.epoch),
  }
}
