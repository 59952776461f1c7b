import type { Appended, EventStore, NewEvent, RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata, toMetadata } from '#event-store/metadata.ts'
import { jobStream } from '#event-store/stream-name.ts'
import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import { type JobEvent, parseJobEvent } from './job-events.ts'
import { evolveJob, isOver, type JobState } from './job-state.ts'

/** A job as its stream tells it, with what is needed to go on writing there. */
export type JobLog = {
  readonly jobId: string
  readonly stream: string
  readonly state: JobState
  /** Of the last event: what the next append expects. */
  readonly revision: number
  readonly submittedAt: number
  /** When it came to stand where it does, or its lease was renewed, by that writer's clock. */
  readonly changedAt: number
  readonly cause: JobCause
}

/** What a job's events say about where it came from; all of them the same. */
export type JobCause = {
  readonly correlationId: string
  readonly causationId: string
  readonly causeDepth: number
  readonly pluginVersion: string
}

/** Who writes to the stream of a job: a person or the platform, in this process. */
export type JobWriter = { readonly user: string; readonly instance: string; readonly service: 'logic' | 'worker' }

const pageCountMax = 1_000

/** Undefined where no such job was ever submitted, and where it is forgotten. */
export async function readJob(
  store: Pick<EventStore, 'readStream'>,
  job: string,
  jobId: string,
): Promise<JobLog | undefined> {
  const stream = jobStream(job, jobId)
  let found: JobLog | undefined
  for (let from = 0; ; ) {
    const page = await store.readStream(stream, { from, direction: 'forwards', countMax: pageCountMax })
    for (const event of page) found = foldJob(found, { jobId, stream }, event)
    const last = page.at(-1)
    if (!last || page.length < pageCountMax) return found
    from = last.revision + 1
  }
}

/** What is read of a stream up to one event further. An event that nobody understands counts as read, no more. */
export function foldJob(
  found: JobLog | undefined,
  at: { readonly jobId: string; readonly stream: string },
  recorded: RecordedEvent,
): JobLog | undefined {
  const { revision, metadata, storedAt } = recorded
  const event = parseJobEvent(recorded)
  const before = event?.type === 'peek.JobSubmitted' && found && isOver(found.state) ? undefined : found
  const state = event ? evolveJob(before?.state, event) : before?.state
  if (state === undefined) return undefined
  const recordedAt = parseMetadata(metadata).recordedAt ?? storedAt
  const changedAt = before && event?.type === 'peek.JobCancelRequested' ? before.changedAt : recordedAt
  if (before) return { ...before, state, revision, changedAt }
  return { ...at, state, revision, submittedAt: changedAt, changedAt, cause: causeOf(recorded) }
}

/**
 * Appends to a job, if nothing was appended since it was read. Throws `revision-conflict` otherwise: read it again.
 * With `id` of its first event a repeat, after an answer that never came, appends nothing twice.
 */
export function appendToJob(
  store: Pick<EventStore, 'append'>,
  job: Pick<JobLog, 'stream' | 'revision' | 'jobId' | 'cause'> & { readonly state: Pick<JobState, 'job'> },
  events: readonly JobEvent[],
  writer: JobWriter & { readonly now: number },
): Promise<Appended> {
  const { jobId, cause, stream, revision } = job
  const made = toJobEvents({ jobId, job: job.state.job, cause }, events, writer)
  return store.append(stream, made, revision)
}

export function toJobEvents(
  { jobId, job, cause }: { readonly jobId: string; readonly job: string; readonly cause: JobCause },
  events: readonly JobEvent[],
  { user, instance, service, now }: JobWriter & { readonly now: number },
): NewEvent[] {
  const { correlationId, causationId, causeDepth, pluginVersion } = cause
  const metadata = toMetadata({
    actionId: jobId,
    correlationId,
    causationId,
    causeDepth,
    user,
    device: instance,
    service,
    plugin: pluginOf(job),
    pluginVersion,
    schemaVersion: 1,
    occurredAt: now,
    recordedAt: now,
  })
  // The schemas of job events hold nothing but JSON.
  return events.map(({ type, data }) => ({ id: newUuid(), type, data: data as JsonObject, metadata }))
}

/** What the events of a job say that begins with this one. */
export function causeOf({ id, metadata }: RecordedEvent): JobCause {
  const { correlationId, causeDepth, pluginVersion } = parseMetadata(metadata)
  return {
    correlationId: correlationId ?? id,
    causationId: id,
    causeDepth: (causeDepth ?? 0) + 1,
    pluginVersion: pluginVersion ?? '',
  }
}
