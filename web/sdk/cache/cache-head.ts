import * as v from 'valibot'
import type { Selector } from '#vortex/protocol/row.ts'
import {
  addDigests,
  digestFromHex,
  digestText,
  digestToHex,
  emptyDigest,
  hashOfRows,
} from '#vortex/protocol/rows-digest.ts'
import type { Fields } from '#vortex/protocol/tuple.ts'

/**
 * What is kept of an observation beside its rows: where they stand, and how each block must look. Whatever cannot be
 * read as this, from an earlier build or a damaged disk, counts as nothing: it is fetched again.
 */
const blockSchema = v.object({
  id: v.string(),
  count: v.number(),
  /** Digest of its text, by which damage is found, and of its rows, by which a server's are compared. */
  check: v.string(),
  digest: v.string(),
})
const selectorSchema = v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()]))
const headSchema = v.object({
  format: v.literal(1),
  name: v.string(),
  selector: selectorSchema,
  /** Of the tuple's definition: rows of another one are not what screens expect. */
  fields: v.string(),
  token: v.string(),
  position: v.string(),
  keyedBy: v.array(v.string()),
  orderBy: v.array(v.string()),
  blocks: v.array(blockSchema),
  /** When the rows were last known to be in step with the server, and when somebody last looked at them. */
  asOf: v.number(),
  usedAt: v.number(),
  savedAt: v.number(),
  /** The page that wrote it. */
  writer: v.string(),
})
export type CacheHead = Readonly<v.InferOutput<typeof headSchema>>
export type BlockHead = CacheHead['blocks'][number]

export function parseHead(found: unknown): CacheHead | undefined {
  const parsed = v.safeParse(headSchema, found)
  return parsed.success ? parsed.output : undefined
}

/** A page that lives writes what it holds at least once in half of this; whoever was silent for so long has gone. */
const silentMs = 180_000

/** Whether another page holds it: what that page wants is not taken from it, and nobody writes into what it writes. */
export function isHeldByOther({ writer, savedAt }: CacheHead, page: string, now: number): boolean {
  // A clock that was set may have written a time to come.
  return writer !== page && Math.abs(now - savedAt) < silentMs
}

export const plainSelector = (selector: Selector): CacheHead['selector'] => ({ ...selector })

/** Names the fields of a definition and their kinds: another text for another definition. */
export function describeFields(fields: Fields): string {
  const kinds = Object.entries(fields).map(([name, field]) => `${name}:${field.type}`)
  return digestToHex(digestText(kinds.sort().join(',')))
}

/** What the rows of an entry hash to, by what was noted when they were written. */
export function hashOfHead({
  blocks,
  keyedBy,
  orderBy,
}: {
  readonly blocks: readonly BlockHead[]
  readonly keyedBy: readonly string[]
  readonly orderBy: readonly string[]
}): string {
  let digest = emptyDigest
  let count = 0
  for (const block of blocks) {
    digest = addDigests(digest, digestFromHex(block.digest) ?? emptyDigest)
    count += block.count
  }
  return hashOfRows({ digest, count, keyedBy, orderBy })
}
