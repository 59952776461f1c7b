import { isJsonObject, type JsonObject, tryParseJson } from '#kernel/json.ts'
import type { EventKind } from './search-query.ts'

/** A recorded event as the search knows it. */
export type FoundEvent = {
  readonly position: string
  readonly id: string
  readonly kind: EventKind
  readonly type: string
  /** Of a refusal: the action that was refused. */
  readonly refused: string | null
  readonly schemaVersion: number | null
  readonly plugin: string
  readonly category: string
  readonly entityId: string
  readonly stream: string
  readonly revision: number
  readonly actionId: string | null
  readonly correlationId: string | null
  readonly causationId: string | null
  readonly user: string
  readonly device: string
  readonly service: string
  readonly occurredAt: number
  readonly recordedAt: number
  /** As it was recorded. */
  readonly data: JsonObject
}

export const foundColumns = `position, event_id::text as event_id, kind, type, schema_version, plugin, category,
  entity_id, stream, revision::float8 as revision, action_id, correlation_id, causation_id, by_user, by_device, service,
  occurred_at::float8 as occurred_at, recorded_at::float8 as recorded_at, data`

/** A row of `foundColumns`. */
export function toFoundEvent(row: Readonly<Record<string, unknown>>): FoundEvent {
  const kind = textOf(row.kind) as EventKind
  const type = textOf(row.type)
  const data = tryParseJson(textOf(row.data))
  return {
    position: textOf(row.position),
    id: textOf(row.event_id),
    kind,
    type: kind === 'refusal' ? 'peek.ActionRefused' : type,
    refused: kind === 'refusal' ? type : null,
    schemaVersion: typeof row.schema_version === 'number' ? row.schema_version : null,
    plugin: textOf(row.plugin),
    category: textOf(row.category),
    entityId: textOf(row.entity_id),
    stream: textOf(row.stream),
    revision: Number(row.revision),
    actionId: maybeText(row.action_id),
    correlationId: maybeText(row.correlation_id),
    causationId: maybeText(row.causation_id),
    user: textOf(row.by_user),
    device: textOf(row.by_device),
    service: textOf(row.service),
    occurredAt: Number(row.occurred_at),
    recordedAt: Number(row.recorded_at),
    data: isJsonObject(data) ? data : {},
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function maybeText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
