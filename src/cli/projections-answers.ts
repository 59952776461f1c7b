/** The answers of the admin API about projections, read as far as the commands show them. */
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'

export type RebuildAnswer = {
  readonly id: string
  readonly kind: string
  readonly projection: string
  readonly phase: string
  readonly isPaused: boolean
  readonly asksFirst: boolean
  readonly rateMax: number | null
  readonly by: string
  readonly reason: string
  readonly fromVersion: number
  readonly toVersion: number
  readonly eventCount: number
  readonly rowCount: number
  readonly eventsPerSecond: number
  readonly share: number
  readonly etaSeconds: number | null
  readonly etaSecondsMin: number | null
  readonly etaSecondsMax: number | null
  readonly proof: { readonly outcome: string; readonly sampleShare: number } | null
  readonly differences: { readonly added: number; readonly removed: number; readonly changed: number } | null
  readonly swapMs: number | null
  readonly error: string | null
  readonly startedAt: number
  readonly endedAt: number | null
  /** As it came, for those who asked for JSON. */
  readonly whole: JsonObject
}

export function toRebuild(whole: JsonObject): RebuildAnswer {
  const { proof, differences } = whole
  return {
    id: textAt(whole, 'id'),
    kind: textAt(whole, 'kind'),
    projection: textAt(whole, 'projection'),
    phase: textAt(whole, 'phase'),
    isPaused: whole.isPaused === true,
    asksFirst: whole.asksFirst === true,
    rateMax: numberAt(whole, 'rateMax'),
    by: textAt(whole, 'by'),
    reason: textAt(whole, 'reason'),
    fromVersion: numberAt(whole, 'fromVersion') ?? 0,
    toVersion: numberAt(whole, 'toVersion') ?? 0,
    eventCount: numberAt(whole, 'eventCount') ?? 0,
    rowCount: numberAt(whole, 'rowCount') ?? 0,
    eventsPerSecond: numberAt(whole, 'eventsPerSecond') ?? 0,
    share: numberAt(whole, 'share') ?? 0,
    etaSeconds: numberAt(whole, 'etaSeconds'),
    etaSecondsMin: numberAt(whole, 'etaSecondsMin'),
    etaSecondsMax: numberAt(whole, 'etaSecondsMax'),
    proof: isJsonObject(proof)
      ? { outcome: textAt(proof, 'outcome'), sampleShare: numberAt(proof, 'sampleShare') ?? 0 }
      : null,
    differences: isJsonObject(differences)
      ? {
          added: numberAt(differences, 'added') ?? 0,
          removed: numberAt(differences, 'removed') ?? 0,
          changed: numberAt(differences, 'changed') ?? 0,
        }
      : null,
    swapMs: numberAt(whole, 'swapMs'),
    error: typeof whole.error === 'string' ? whole.error : null,
    startedAt: numberAt(whole, 'startedAt') ?? 0,
    endedAt: numberAt(whole, 'endedAt'),
    whole,
  }
}

export function textAt(from: JsonObject, name: string): string {
  const value = from[name]
  return typeof value === 'string' ? value : ''
}

export function numberAt(from: JsonObject, name: string): number | null {
  const value = from[name]
  return typeof value === 'number' ? value : null
}

export function textsAt(from: JsonObject, name: string): readonly string[] {
  const value = from[name]
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

/** The objects of a list in an answer. */
export function listAt(answer: unknown, name: string): readonly JsonObject[] {
  const value = isJsonObject(answer) ? answer[name] : undefined
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

/** An object that an answer must have. */
export function objectAt(answer: unknown, name: string): JsonObject {
  const value: Json | undefined = isJsonObject(answer) ? answer[name] : undefined
  if (isJsonObject(value)) return value
  throw new PlatformError(
    'unavailable',
    `Logic answered without "${name}": is it of another version than this command? Update both and try again.`,
  )
}
