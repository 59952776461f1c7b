import * as v from 'valibot'
import type { FactStore } from '../device-store/device-store.ts'

/**
 * What the device remembers of packs somebody wanted to have: which entries of the cache each needs, and when all were there.
 *
 * Promises: what is changed is made of what is stored at that moment, whichever page stored it.
 */
const recordSchema = v.object({
  keys: v.array(v.string()),
  /** Of earlier fetches, and not needed any more: they stay until all of `keys` is there. */
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

/** A fetch begins: what the last one brought stays until this one is whole. */
export function begun(before: PackRecord | undefined, keys: readonly string[]): PackRecord {
  const wanted = new Set(keys)
  const former = [...(before?.keys ?? []), ...(before?.former ?? [])].filter((key) => !wanted.has(key))
  return { keys: [...wanted], former: [...new Set(former)], fetchedAt: before?.fetchedAt }
}

/** All of it is there. Undefined when it is not what is wanted any more: another page began to fetch it otherwise. */
export function ended(before: PackRecord, keys: readonly string[], fetchedAt: number): PackRecord | undefined {
  const wanted = new Set(keys)
  const isSame = before.keys.length === wanted.size && before.keys.every((key) => wanted.has(key))
  return isSame ? { keys: before.keys, fetchedAt } : undefined
}

function parseRecords(stored: unknown): PackRecords {
  const parsed = v.safeParse(recordsSchema, stored)
  return parsed.success ? parsed.output : {}
}
