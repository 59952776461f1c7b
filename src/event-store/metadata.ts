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
}

export function toMetadata({ correlationId, causationId, ...rest }: EventMetadata): JsonObject {
  return { ...rest, $correlationId: correlationId, $causationId: causationId }
}

/** What can be understood of it: an event written by something else has little or nothing, and that is no error. */
export function parseMetadata(metadata: JsonObject): Partial<EventMetadata> {
  const entries = [
    ...textNames.map((name) => [name, textOf(metadata[storedNames[name] ?? name])] as const),
    ...numberNames.map((name) => [name, numberOf(metadata[name])] as const),
  ]
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

const textNames = [
  'actionId',
  'correlationId',
  'causationId',
  'user',
  'device',
  'service',
  'plugin',
  'pluginVersion',
] as const
const numberNames = ['schemaVersion', 'occurredAt', 'recordedAt', 'causeDepth'] as const
const storedNames: Readonly<Record<string, string>> = { correlationId: '$correlationId', causationId: '$causationId' }

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}
