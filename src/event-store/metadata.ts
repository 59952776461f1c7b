import type { Json, JsonObject } from '#kernel/json.ts'

/**
 * What every event of the platform says about itself beside its data. Correlation and causation travel under the
 * names the store's own tools know.
 */
export type EventMetadata = {
  readonly actionId: string
  readonly correlationId: string
  readonly causationId: string
  readonly user: string
  readonly device: string
  readonly service: string
  readonly plugin: string
  readonly pluginVersion: string
  /** Version of the event type's data. */
  readonly schemaVersion: number
  /** When it happened, by the device's clock. */
  readonly occurredAt: number
  /** When the platform recorded it, by the server's clock. */
  readonly recordedAt: number
  /** How many actions, each pushed because of the one before, led to it; nothing where a person began. */
  readonly causeDepth?: number
  /** The action's number in the outbox of its device. */
  readonly deviceSeq?: number
  /** In which way the action was done other than asked for, as it was answered. */
  readonly changed?: string
}

export function toMetadata({ correlationId, causationId, ...rest }: EventMetadata): JsonObject {
  return { ...rest, $correlationId: correlationId, $causationId: causationId }
}

/**
 * What can be understood of it: an event written by something else has little or nothing, and that is no error. Written
 * out, as it runs for every event that is projected.
 */
export function parseMetadata(metadata: JsonObject): Partial<EventMetadata> {
  const found: { -readonly [K in keyof EventMetadata]?: EventMetadata[K] } = {}
  const { actionId, user, device, service, plugin, pluginVersion, schemaVersion, occurredAt, recordedAt } = metadata
  const { $correlationId: correlationId, $causationId: causationId, causeDepth, deviceSeq, changed } = metadata
  if (typeof actionId === 'string') found.actionId = actionId
  if (typeof correlationId === 'string') found.correlationId = correlationId
  if (typeof causationId === 'string') found.causationId = causationId
  if (typeof user === 'string') found.user = user
  if (typeof device === 'string') found.device = device
  if (typeof service === 'string') found.service = service
  if (typeof plugin === 'string') found.plugin = plugin
  if (typeof pluginVersion === 'string') found.pluginVersion = pluginVersion
  if (isWhole(schemaVersion)) found.schemaVersion = schemaVersion
  if (isWhole(occurredAt)) found.occurredAt = occurredAt
  if (isWhole(recordedAt)) found.recordedAt = recordedAt
  if (isWhole(causeDepth)) found.causeDepth = causeDepth
  if (isWhole(deviceSeq)) found.deviceSeq = deviceSeq
  if (typeof changed === 'string') found.changed = changed
  return found
}

/** The version of the event type's data alone; 1 where none is said. */
export function schemaVersionOf({ schemaVersion }: JsonObject): number {
  return isWhole(schemaVersion) ? Math.max(1, schemaVersion) : 1
}

function isWhole(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}
