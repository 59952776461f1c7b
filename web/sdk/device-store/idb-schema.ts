import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { CacheBlock, CacheEntryHead } from './device-store.ts'
import { isUnsent, needsAttention, type OutboxRecord } from './outbox-record.ts'

/**
 * The tables of a device's database.
 *
 * The index `standing` keeps those of one standing together in the order pushed, and `openLane` holds only what waits: a
 * device with years of history finds what waits as fast as a new one.
 */
export interface DeviceSchema extends DBSchema {
  outbox: {
    key: number
    value: StoredRecord
    indexes: { id: string; standing: [Standing, number]; openLane: string }
  }
  counters: { key: string; value: number }
  heads: { key: string; value: StoredHead }
  blocks: { key: [entry: string, id: string]; value: CacheBlock & { readonly entry: string } }
  facts: { key: string; value: unknown }
}
export type DeviceDatabase = IDBPDatabase<DeviceSchema>
export type Standing = 'open' | 'stuck' | 'refused' | 'ended'
export type StoredRecord = OutboxRecord & { readonly standing: Standing; readonly openLane?: string }
/** The sizes of its blocks, so that a write need not read what it replaces. An earlier build wrote no stamp. */
export type StoredHead = Omit<CacheEntryHead, 'stamp'> & {
  readonly stamp?: string
  readonly sizes: Readonly<Record<string, number>>
}

export function toStored(record: OutboxRecord): StoredRecord {
  const standing = standingOf(record)
  return { ...record, standing, ...(isUnsent(record) && { openLane: record.lane }) }
}

export function fromStored({ standing: _, openLane: __, ...record }: StoredRecord): OutboxRecord {
  return record
}

function standingOf(record: OutboxRecord): Standing {
  if (record.state === 'stuck') return 'stuck'
  if (isUnsent(record)) return 'open'
  return needsAttention(record) ? 'refused' : 'ended'
}

const schemaVersion = 1

export function openDeviceDatabase(
  name: string,
  hooks: { readonly onNewer: () => void; readonly onTerminated: () => void },
): Promise<DeviceDatabase> {
  return openDB<DeviceSchema>(name, schemaVersion, {
    upgrade: (database) => {
      const outbox = database.createObjectStore('outbox', { keyPath: 'seq' })
      outbox.createIndex('id', 'id', { unique: true })
      outbox.createIndex('standing', ['standing', 'seq'])
      outbox.createIndex('openLane', 'openLane')
      for (const table of ['counters', 'heads', 'facts'] as const) database.createObjectStore(table)
      database.createObjectStore('blocks', { keyPath: ['entry', 'id'] })
    },
    blocking: hooks.onNewer,
    terminated: hooks.onTerminated,
  })
}
