/** What an auditor asks, answered from a log in memory: enough for pages that show one event. */
import type { Audit } from '#audit/audit.ts'
import { createExports } from '#audit/exports.ts'
import type { FoundEvent } from '#audit/found-event.ts'
import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { systemClock } from '#kernel/clock.ts'
import type { MemoryEventStore } from '#testing/memory-event-store.ts'

export function createLogAudit(store: MemoryEventStore): Audit {
  const events = (): FoundEvent[] => store.log.map(toFoundEvent)
  return {
    search: {
      find: async ({ correlation }, { order, countMax }) => {
        const found = events().filter((event) => correlation === undefined || event.correlationId === correlation)
        const ordered = order === 'newest' ? found.toReversed() : found
        return { events: ordered.slice(0, countMax), next: null, isUnfinished: false }
      },
      count: async () => ({ count: store.log.length, isMore: false }),
      countAll: async () => store.log.length,
      get: async (id) => events().find((event) => event.id === id || event.position === id),
      neighbours: async () => ({ previous: null, next: null }),
    },
    exports: createExports(systemClock),
    rowChangesOf: undefined,
    catchUp: async () => true,
    close: async () => undefined,
  }
}

function toFoundEvent({ position, id, type, stream, revision, metadata, storedAt, data }: RecordedEvent): FoundEvent {
  const known = parseMetadata(metadata)
  const [plugin = '', category = '', entityId = ''] = stream.split(/[.-]/)
  return {
    position,
    id,
    kind: known.actionId === undefined ? 'foreign' : 'action',
    type,
    refused: null,
    schemaVersion: known.schemaVersion ?? null,
    plugin,
    category,
    entityId,
    stream,
    revision,
    actionId: known.actionId ?? null,
    correlationId: known.correlationId ?? null,
    causationId: known.causationId ?? null,
    user: known.user ?? '',
    device: known.device ?? '',
    service: known.service ?? '',
    occurredAt: known.occurredAt ?? storedAt,
    recordedAt: known.recordedAt ?? storedAt,
    data,
  }
}
