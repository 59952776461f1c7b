import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'
import type { StoreFigures } from '../store-operations.ts'
import { decodeFields, messagesIn, textIn } from './wire-message.ts'

/** The statistics a server sends, as names and values. */
export function decodeStatistics(message: Buffer): ReadonlyMap<string, string> {
  return new Map(messagesIn(decodeFields(message), 1).map((entry) => [textIn(entry, 1), textIn(entry, 2)]))
}

const numbers = {
  memoryBytes: 'proc-mem',
  cpuPercent: 'proc-cpu',
  fileBytes: 'es-file-bytes',
  walBytes: 'es-file-walBytes',
  freeBytes: 'es-file-freeBytes',
  eventCount: 'es-log-eventCount',
  streamCount: 'es-log-streamCount',
  lastPosition: 'es-log-lastPosition',
  appendsPerSecond: 'es-append-perSecond',
  eventsInPerSecond: 'es-append-eventsPerSecond',
  bytesInPerSecond: 'es-append-bytesPerSecond',
  commitsPerSecond: 'es-commit-perSecond',
  appendsPerCommit: 'es-commit-appendsMean',
  commitMsP50: 'es-commit-msP50',
  commitMsP99: 'es-commit-msP99',
  syncMsP50: 'es-sync-msP50',
  syncMsP99: 'es-sync-msP99',
  readsPerSecond: 'es-read-perSecond',
  eventsOutPerSecond: 'es-read-eventsPerSecond',
  waitingAppends: 'es-append-waiting',
  openCalls: 'es-call-open',
  subscriptionCount: 'es-subscription-count',
} as const satisfies { readonly [Name in keyof StoreFigures]?: string }

const subscriptionsSchema = v.array(
  v.object({
    id: v.string(),
    source: v.string(),
    filter: v.string(),
    position: v.string(),
    lagBytes: v.optional(v.number()),
    lagEvents: v.optional(v.number()),
    since: v.number(),
    peer: v.string(),
  }),
)

const slowReadsSchema = v.array(
  v.object({
    source: v.string(),
    direction: v.string(),
    from: v.string(),
    eventCount: v.number(),
    lengthMs: v.number(),
    endedAt: v.number(),
    peer: v.string(),
  }),
)

const scavengeSchema = v.object({
  id: v.string(),
  isRunning: v.boolean(),
  startedAt: v.number(),
  share: v.number(),
  removedEvents: v.number(),
  removedBytes: v.number(),
})

const backupSchema = v.object({
  file: v.string(),
  isRunning: v.boolean(),
  copiedBytes: v.number(),
  sizeBytes: v.number(),
  at: v.number(),
  error: v.string(),
})

/** What of the statistics is known here. Anything missing or unreadable is left out. */
export function toStoreFigures(statistics: ReadonlyMap<string, string>): StoreFigures {
  const startedAt = Date.parse(statistics.get('proc-startTime') ?? '')
  return withoutUndefined({
    version: statistics.get('es-version'),
    durability: statistics.get('es-durability'),
    startedAt: Number.isFinite(startedAt) ? startedAt : undefined,
    ...Object.fromEntries(Object.entries(numbers).map(([name, key]) => [name, toNumber(statistics.get(key))])),
    diskFreeBytes: driveFigure(statistics, '-availableBytes'),
    diskTotalBytes: driveFigure(statistics, '-totalBytes'),
    subscriptions: parseJsonText(subscriptionsSchema, statistics.get('es-subscriptions')),
    slowReads: parseJsonText(slowReadsSchema, statistics.get('es-slowReads')),
    scavenge: parseJsonText(scavengeSchema, statistics.get('es-scavenge')),
    backup: parseJsonText(backupSchema, statistics.get('es-backup')),
  })
}

type MaybeFigures = { readonly [Name in keyof StoreFigures]: StoreFigures[Name] | undefined }

function withoutUndefined(figures: MaybeFigures): StoreFigures {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined))
}

function toNumber(text: string | undefined): number | undefined {
  const value = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** A server names the drive it is on; it is on one. */
function driveFigure(statistics: ReadonlyMap<string, string>, ending: string): number | undefined {
  for (const [name, value] of statistics)
    if (name.startsWith('sys-drive-') && name.endsWith(ending)) return toNumber(value)
  return undefined
}

function parseJsonText<T>(schema: v.GenericSchema<unknown, T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined
  const parsed = v.safeParse(schema, tryParseJson(text))
  return parsed.success ? parsed.output : undefined
}
