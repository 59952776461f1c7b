import { bigint, index, integer, text, uuid } from 'drizzle-orm/pg-core'
import {
  defineEvent,
  defineProjection,
  defineReadModel,
  type jobEventSchemas,
  jobQueueEventSchemas,
  type ProjectedEvent,
} from '#plugin-api'
import { toSearchText } from './search-text.ts'

/**
 * Every recorded event, to be found again: a row an event, as it was recorded. Announcements of read models are left out, and
 * so is what keeper and workers say to each other about a job: who submitted, cancelled and retried it, why a try failed, and
 * what came of it are here to stay. Of a job that a schedule submitted, that went well and that no person had a hand in, the
 * rows go when it is forgotten: a job every few seconds would be most of what is here after a year.
 *
 * Most searches end at an index and the order of positions; text in the data is looked for row by row, which costs about
 * a second a million events and writers nothing. Each index costs writers about a twentieth.
 */
export const eventSearchModel = defineReadModel('peek', 'event-search', (schema) => ({
  events: schema.table(
    'events',
    {
      position: text('position').primaryKey(),
      eventId: uuid('event_id').notNull(),
      /** `action`, `fact`, `refusal`, `decision` (of an administrator), `job`, or `foreign`: written by something else. */
      kind: text('kind').notNull(),
      /** The event's type; of a refusal, the action that was refused. */
      type: text('type').notNull(),
      schemaVersion: integer('schema_version'),
      plugin: text('plugin').notNull(),
      category: text('category').notNull(),
      entityId: text('entity_id').notNull(),
      stream: text('stream').notNull(),
      revision: bigint('revision', { mode: 'number' }).notNull(),
      actionId: text('action_id'),
      correlationId: text('correlation_id'),
      causationId: text('causation_id'),
      user: text('by_user').notNull(),
      device: text('by_device').notNull(),
      service: text('service').notNull(),
      occurredAt: bigint('occurred_at', { mode: 'number' }).notNull(),
      recordedAt: bigint('recorded_at', { mode: 'number' }).notNull(),
      /** JSON as it was recorded. */
      data: text('data').notNull(),
      searchText: text('search_text').notNull(),
    },
    (table) => [
      index('events_by_id').on(table.eventId),
      index('events_by_correlation').on(table.correlationId),
      index('events_by_stream').on(table.stream, table.position),
      index('events_by_entity').on(table.entityId, table.position),
      index('events_by_type').on(table.type, table.position),
      index('events_by_user').on(table.user, table.position),
      index('events_by_device').on(table.device, table.position),
      index('events_by_occurred').on(table.occurredAt),
      index('events_by_recorded').on(table.recordedAt),
    ],
  ),
}))

const JobsForgotten = defineEvent('peek.JobsForgotten', {
  version: 1,
  fields: jobQueueEventSchemas['peek.JobsForgotten'].entries,
})

export const eventSearch = defineProjection({
  version: 1,
  model: eventSearchModel,
  readsEverything: true,
  on: (on, onAny) => [
    on(JobsForgotten, ({ data }, { events }) => {
      for (const { positions } of data.jobs) for (const position of positions) events.deleteIfPresent(position)
    }),
    onAny((event, { events }) => {
      if (!isAmongMachines(event)) events.insert(toRow(event))
    }),
  ],
})

const talk: ReadonlySet<string> = new Set([
  'peek.JobReady',
  'peek.JobLeased',
  'peek.JobProgressed',
  'peek.JobLeaseExpired',
] satisfies (keyof typeof jobEventSchemas)[])

/** It is in the stream of its job, which tells it as long as the job is kept. */
function isAmongMachines({ type, stream }: ProjectedEvent): boolean {
  return talk.has(type) && stream.startsWith('jobs-')
}

const refusalType = 'peek.ActionRefused'

function toRow(event: ProjectedEvent) {
  const { id, position, stream, revision, recorded } = event
  const { metadata, data } = recorded
  const home = homeOf(stream)
  const kind = kindOf(event)
  return {
    position,
    eventId: id,
    kind,
    type: clip(kind === 'refusal' && typeof data.action === 'string' ? data.action : event.type),
    schemaVersion: smallNumber(metadata.schemaVersion),
    plugin: clip(home.plugin || (metadata.plugin ?? '')),
    category: clip(home.category),
    entityId: clip(home.entityId),
    stream: clip(stream),
    revision,
    actionId: clipped(metadata.actionId),
    correlationId: clipped(metadata.correlationId),
    causationId: clipped(metadata.causationId),
    user: clip(event.user),
    device: clip(event.device),
    service: clip(metadata.service ?? ''),
    occurredAt: Math.trunc(event.occurredAt),
    recordedAt: Math.trunc(event.recordedAt),
    data: JSON.stringify(data),
    searchText: toSearchText(data),
  }
}

function kindOf({ id, type, stream, actionId }: ProjectedEvent): string {
  if (type === refusalType && stream.startsWith('refusals-')) return 'refusal'
  if (stream.startsWith('jobs-')) return 'job'
  if (stream.startsWith('peek.')) return 'decision'
  if (actionId === undefined) return 'foreign'
  return actionId === id ? 'action' : 'fact'
}

/** `refusals-` stands in front of the stream of the entity that was not changed. */
function homeOf(stream: string): { plugin: string; category: string; entityId: string } {
  const [, plugin = '', category = '', entityId = ''] =
    /^(?:refusals-|jobs-)?([^.]+)\.([^-]+)(?:-(.+))?$/s.exec(stream) ?? []
  return { plugin, category, entityId }
}

/** An index of Postgres takes 2,704 bytes; the platform's own names are far shorter, those of others may be anything. */
const indexedCharsMax = 600

function clip(value: string): string {
  return value.length <= indexedCharsMax ? value : value.slice(0, indexedCharsMax)
}

function clipped(value: string | undefined): string | null {
  return value === undefined ? null : clip(value)
}

function smallNumber(value: number | undefined): number | null {
  return value !== undefined && Math.abs(value) <= 2_147_483_647 ? value : null
}
