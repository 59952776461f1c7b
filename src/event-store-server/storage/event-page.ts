/** One page of events as rows come in: stops when it is full, and refuses a row whose bytes are damaged. */
import { PlatformError } from '#kernel/platform-error.ts'
import type { PageLimits, StoredEvent } from './storage.ts'

export type EventRow = { readonly position: number; readonly checksum: number; readonly record: Uint8Array }

export class EventPage {
  readonly events: StoredEvent[] = []
  private readonly limits: PageLimits | undefined
  private readonly endsAtMs: number
  private sizeBytes = 0

  constructor(limits?: PageLimits) {
    this.limits = limits
    this.endsAtMs = limits?.timeMsMax === undefined ? Number.POSITIVE_INFINITY : performance.now() + limits.timeMsMax
  }

  get room(): number {
    return this.limits === undefined ? Number.MAX_SAFE_INTEGER : this.limits.eventCountMax - this.events.length
  }

  /** The row that fills it is included, so that a page always makes progress. */
  get isFull(): boolean {
    if (this.limits === undefined) return false
    if (this.room <= 0 || this.sizeBytes >= this.limits.sizeBytesMax) return true
    return this.events.length > 0 && performance.now() >= this.endsAtMs
  }

  add(row: EventRow): void {
    this.events.push({ position: row.position, record: toCheckedRecord(row) })
    this.sizeBytes += row.record.length
  }
}

export function toChecksum(record: Uint8Array): number {
  return Bun.hash.crc32(record)
}

function toCheckedRecord({ position, checksum, record }: EventRow): Buffer {
  if (toChecksum(record) !== checksum)
    throw new PlatformError(
      'store-damaged',
      `The event at position ${position} does not match its checksum. Restore the store from a backup.`,
      { facts: { position } },
    )
  return Buffer.from(record.buffer, record.byteOffset, record.byteLength)
}
