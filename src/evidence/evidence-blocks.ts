import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { type Position, parsePosition } from '#kernel/position.ts'
import type { QueryRunner } from '#storage/client.ts'
import { toDatabaseError } from '#storage/connection-loss.ts'
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
  const links = decodeLinks(Buffer.from(String(row.links), 'hex'))
  const number = Number(row.number)
  if (!lastPosition || !links)
    throw new PlatformError('store-damaged', `Block ${number} of the hash chain was altered: it cannot be read.`, {
      facts: { block: number },
    })
  return { number, links, lastPosition, hash: Buffer.from(String(row.hash), 'hex') }
}

const pageBlockCount = 64

/**
 * The chain as it is when its end is reached, a page at a time. Ends with the block that is the newest then: what is
 * chained while it is looked at belongs to the next look, since it would begin in the middle.
 */
export async function* iterateBlocks(sql: QueryRunner): AsyncGenerator<EvidenceBlock> {
  for (let from = 0; ; ) {
    // One more than a page, seen at the same moment, tells that all blocks of the page are full.
    const rows = await loadRows(sql, from, pageBlockCount + 1)
    const page = rows.slice(0, pageBlockCount).map(toBlock)
    yield* page
    const last = page.at(-1)
    if (!last || rows.length <= pageBlockCount) return
    from = last.number + 1
  }
}

async function loadRows(sql: QueryRunner, from: number, countMax: number) {
  try {
    return await sql.unsafe(`${select} where number >= $1 order by number limit $2`, [from, countMax])
  } catch (error) {
    const failure = toDatabaseError(error)
    if (isPlatformError(failure)) throw failure
    throw new PlatformError('unavailable', 'The hash chain cannot be read from the database.', { cause: error })
  }
}
