import { PlatformError } from '#kernel/platform-error.ts'
import { type Position, parsePosition } from '#kernel/position.ts'
import type { QueryRunner } from '#storage/client.ts'
import { decodeLinks, encodeLinks, type Link } from './links.ts'

/** A stretch of the chain, in `platform.evidence_blocks`. All blocks but the newest are full. */
export type EvidenceBlock = {
  readonly number: number
  readonly links: readonly Link[]
  readonly lastPosition: Position
  /** Of the chain after the last link. */
  readonly hash: Buffer
}

export const blockEventCount = 1_024

/** Undefined before the first event. */
export async function loadNewestBlock(sql: QueryRunner): Promise<EvidenceBlock | undefined> {
  const [row] = await sql.unsafe(`${select} order by number desc limit 1`)
  return row && toBlock(row)
}

/** From a number on, in order. */
async function loadBlocks(sql: QueryRunner, from: number, countMax: number): Promise<EvidenceBlock[]> {
  const rows = await sql.unsafe(`${select} where number >= $1 order by number limit $2`, [from, countMax])
  return rows.map(toBlock)
}

/**
 * Writes a block: a new one, or the newest with more links than the `before` it had. Throws `lost-leadership` when
 * somebody else has written it meanwhile.
 */
export async function saveBlock(sql: QueryRunner, block: EvidenceBlock, before: number, epoch: number): Promise<void> {
  const { number, links, lastPosition, hash } = block
  const text = `insert into platform.evidence_blocks (number, event_count, last_position, links, hash, epoch)
    values ($1, $2, $3, decode($4, 'hex'), decode($5, 'hex'), $6)
    on conflict (number) do update set event_count = excluded.event_count, last_position = excluded.last_position,
      links = excluded.links, hash = excluded.hash, epoch = excluded.epoch, updated_at = now()
    where evidence_blocks.event_count = $7 and evidence_blocks.epoch <= excluded.epoch`
  const values = [number, links.length, lastPosition, encodeLinks(links).toString('hex'), hash.toString('hex')]
  const saved = await sql.unsafe(text, [...values, epoch, before])
  if (saved.count === 1) return
  throw new PlatformError('lost-leadership', `Block ${number} of the hash chain was written by another leader.`)
}

const select = `select number::float8 as number, last_position, encode(links, 'hex') as links,
  encode(hash, 'hex') as hash from platform.evidence_blocks`

function toBlock(row: Record<string, unknown>): EvidenceBlock {
  const lastPosition = parsePosition(row.last_position)
  if (!lastPosition) throw new PlatformError('store-damaged', `Block ${String(row.number)} has no position.`)
  return {
    number: Number(row.number),
    links: decodeLinks(Buffer.from(String(row.links), 'hex')),
    lastPosition,
    hash: Buffer.from(String(row.hash), 'hex'),
  }
}

const pageBlockCount = 64

/** All of them, a page at a time. */
export async function* iterateBlocks(sql: QueryRunner): AsyncGenerator<EvidenceBlock> {
  for (let from = 0; ; ) {
    const page = await loadBlocks(sql, from, pageBlockCount)
    yield* page
    const last = page.at(-1)
    if (!last) return
    from = last.number + 1
  }
}
