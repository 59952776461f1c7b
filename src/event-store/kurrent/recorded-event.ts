import type { AllStreamResolvedEvent, ResolvedEvent } from '@kurrent/kurrentdb-client'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { logStart, toPosition } from '#kernel/position.ts'
import type { RecordedEvent } from '../event-store.ts'

/**
 * An event as the client gives it, as ours. Never throws: the log also holds what others wrote. Bytes become
 * `{ base64 }`; JSON that is not an object becomes `{}`.
 */
export function toRecordedEvent(resolved: ResolvedEvent | AllStreamResolvedEvent): RecordedEvent | undefined {
  const event = resolved.event ?? resolved.link
  if (event === undefined) return undefined
  return {
    id: event.id,
    type: event.type,
    data: toJsonObject(event.data),
    metadata: toJsonObject(event.metadata),
    stream: event.streamId,
    revision: Number(event.revision),
    position: event.position ? toPosition(event.position.commit, event.position.prepare) : logStart,
    storedAt: toInstant(event.created),
  }
}

export function isSystemEvent(event: RecordedEvent): boolean {
  return event.type.startsWith('$') || event.stream.startsWith('$')
}

function toJsonObject(value: unknown): JsonObject {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') }
  return isJsonObject(value) ? value : {}
}

function toInstant(created: unknown): number {
  const instant = created instanceof Date ? created.getTime() : 0
  return Number.isFinite(instant) ? instant : 0
}
