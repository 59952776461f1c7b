import type { RecordedEvent } from '#event-store/event-store.ts'

export const digestSizeBytes = 32

/**
 * SHA-256 of all that readers get of an event: where it stands, its id and type, data and metadata. The store's own time
 * is left out, since not every reader gets all of it; when an event was recorded is in its metadata. Fields count in the
 * order in which they were written, which reading keeps.
 */
export function digestOf(event: RecordedEvent): Buffer {
  const { position, stream, revision, id, type, data, metadata } = event
  const text = JSON.stringify([position, stream, revision, id, type, data, metadata])
  return new Bun.CryptoHasher('sha256').update(text).digest()
}
