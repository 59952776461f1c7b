/**
 * All groups as one event: the last event of `$persistentSubscriptionConfig` says which there are, and what with.
 *
 * Unknown keys are ignored and missing ones take the protocol's defaults, so that an event written by another version
 * still names its groups.
 */
import { isJsonObject, type Json, type JsonObject } from '#kernel/json.ts'
import type { EventFilterDefinition } from '../streams/event-filter.ts'
import { parseStart, startText } from './group-places.ts'
import {
  type ConsumerStrategy,
  consumerStrategies,
  defaultGroupSettings,
  type GroupKey,
  type GroupSettings,
} from './group-settings.ts'

export type GroupConfig = {
  readonly key: GroupKey
  readonly settings: GroupSettings
  /** Where the group began, found out when it was made: "the end" is another place later. */
  readonly startAfter: number
}

type ConfigHeader = { readonly updatedAt: number; readonly updatedBy: string | undefined }

export function encodeGroupConfigs(groups: Iterable<GroupConfig>, { updatedAt, updatedBy }: ConfigHeader): JsonObject {
  return {
    version: '2',
    updated: new Date(updatedAt).toISOString(),
    updatedBy: updatedBy ?? 'system',
    entries: [...groups].map(encodeEntry),
  }
}

function encodeEntry({ key, settings, startAfter }: GroupConfig): JsonObject {
  return {
    stream: key.streamName,
    group: key.groupName,
    filter: settings.filter ? encodeFilter(settings.filter) : null,
    resolveLinkTos: settings.resolveLinks,
    extraStatistics: settings.extraStatistics,
    messageTimeout: settings.messageTimeoutMs,
    startPosition: startText(key.streamName, settings.startFrom),
    startAfter,
    liveBufferSize: settings.liveBufferSize,
    historyBufferSize: settings.historyBufferSize,
    maxRetryCount: settings.maxRetryCount,
    readBatchSize: settings.readBatchSize,
    checkPointAfter: settings.checkpointAfterMs,
    minCheckPointCount: settings.checkpointCountMin,
    maxCheckPointCount: settings.checkpointCountMax,
    maxSubscriberCount: settings.subscriberCountMax,
    namedConsumerStrategy: settings.strategy,
  }
}

function encodeFilter({ on, prefixes, regex }: EventFilterDefinition): JsonObject {
  return { on, prefixes, regex }
}

/** Undefined when the text is no list of groups at all; entries that name no group are left out. */
export function parseGroupConfigs(value: unknown): GroupConfig[] | undefined {
  if (!isJsonObject(value) || !Array.isArray(value.entries)) return undefined
  return (value.entries as readonly Json[]).flatMap((entry) => parseEntry(entry) ?? [])
}

function parseEntry(entry: Json): GroupConfig | undefined {
  if (!isJsonObject(entry)) return undefined
  const { stream, group } = entry
  if (typeof stream !== 'string' || typeof group !== 'string' || stream === '' || group === '') return undefined
  const startFrom = typeof entry.startPosition === 'string' ? parseStart(entry.startPosition) : undefined
  const number = (name: string, fallback: number) => toWholeNumber(entry[name]) ?? fallback
  const defaults = defaultGroupSettings
  const settings: GroupSettings = {
    startFrom: startFrom ?? 'start',
    filter: parseFilter(entry.filter),
    resolveLinks: entry.resolveLinkTos === true,
    extraStatistics: entry.extraStatistics === true,
    messageTimeoutMs: number('messageTimeout', defaults.messageTimeoutMs),
    maxRetryCount: number('maxRetryCount', defaults.maxRetryCount),
    checkpointAfterMs: number('checkPointAfter', defaults.checkpointAfterMs),
    checkpointCountMin: number('minCheckPointCount', defaults.checkpointCountMin),
    checkpointCountMax: number('maxCheckPointCount', defaults.checkpointCountMax),
    subscriberCountMax: number('maxSubscriberCount', defaults.subscriberCountMax),
    liveBufferSize: number('liveBufferSize', defaults.liveBufferSize) || defaults.liveBufferSize,
    readBatchSize: number('readBatchSize', defaults.readBatchSize) || defaults.readBatchSize,
    historyBufferSize: number('historyBufferSize', defaults.historyBufferSize) || defaults.historyBufferSize,
    strategy: parseStrategy(entry.namedConsumerStrategy) ?? defaults.strategy,
  }
  const startAfter = typeof entry.startAfter === 'number' ? entry.startAfter : -1
  return { key: { streamName: stream, groupName: group }, settings, startAfter }
}

function parseFilter(value: Json | undefined): EventFilterDefinition | undefined {
  if (!isJsonObject(value)) return undefined
  const { on, prefixes, regex } = value
  if (on !== 'event-type' && on !== 'stream-name') return undefined
  const texts = Array.isArray(prefixes) ? (prefixes as readonly Json[]).filter((text) => typeof text === 'string') : []
  return { on, prefixes: texts, regex: typeof regex === 'string' ? regex : '' }
}

export function parseStrategy(value: unknown): ConsumerStrategy | undefined {
  return consumerStrategies.find((strategy) => strategy === value)
}

function toWholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined
}
