import * as v from 'valibot'
import type { FactStore } from '../device-store/device-store.ts'

/**
 * What the device remembers of packs somebody wanted to have: which entries of the cache each needs, and when all were there.
 *
 * Promises: what is changed is made of what is stored at that moment, whichever page stored it.
 */
const recordSchema = v.object({
  keys: v.array(v.string()),
  /**
   * Of the last fetch that came to its end, and not needed any more: they stay until this one does. There as long as it has
   * not, and never more than these: what fetches without an end brought would add up, where none can be given up for room.
   */
  former: v.optional(v.array(v.string())),
  fetchedAt: v.optional(v.number()),
})
const recordsSchema = v.record(v.string(), recordSchema)
export type PackRecord = Readonly<v.InferOutput<typeof recordSchema>>
export type PackRecords = Readonly<Record<string, PackRecord>>

export const packsFact = 'packs'

export async function loadPackRecords(facts: Pick<FactStore, 'get'>): Promise<PackRecords> {
  return parseRecords(await facts.get(packsFact))
}

export function changePackRecords(
  facts: Pick<FactStore, 'change'>,
  change: (records: PackRecords) => PackRecords,
): Promise<PackRecords> {
  return facts.change(packsFact, (stored) => change(parseRecords(stored)))
}

/** The entries of the cache that somebody took along. */
export async function packedKeys(facts: Pick<FactStore, 'get'>): Promise<ReadonlySet<string>> {
  return toPackedKeys(await facts.get(packsFact))
}

export function toPackedKeys(stored: unknown): ReadonlySet<string> {
  return heldKeys(parseRecords(stored))
}

export function heldKeys(records: PackRecords): ReadonlySet<string> {
  return new Set(Object.values(records).flatMap(({ keys, former = [] }) => [...keys, ...former]))
}

/** A fetch begins: what the last one that came to its end brought stays until this one does. */
export function begun(before: PackRecord | undefined, keys: readonly string[]): PackRecord {
  const wanted = new Set(keys)
  const former = (before?.former ?? before?.keys ?? []).filter((key) => !wanted.has(key))
  return { keys: [...wanted], former, fetchedAt: before?.fetchedAt }
}

/** All that the server gives is there. Undefined when it is not what is wanted any more: another page began to fetch it otherwise. */
export function ended(
  before: PackRecord,
  keys: readonly string[],
  fetchedAt: number | undefined,
): PackRecord | undefined {
  const wanted = new Set(keys)
  const isSame = before.keys.length === wanted.size && before.keys.every((key) => wanted.has(key))
  return isSame ? { keys: before.keys, fetchedAt } : undefined
}

function parseRecords(stored: unknown): PackRecords {
  const parsed = v.safeParse(recordsSchema, stored)
  return parsed.success ? parsed.output : {}
}
