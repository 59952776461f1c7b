import * as v from 'valibot'
import { defineEvent, type EventDefinition } from '#action/define-action.ts'
import { answerHelp, askForHelp } from '#action/help-actions.ts'
import { refusalType } from '#action/refusal.ts'
import { jobEventSchemas } from '#job/job-events.ts'
import { jobQueueEventSchemas } from '#job/job-queue-events.ts'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { withWords, wordsOf } from '#vortex/protocol/field-words.ts'
import { boolean, list, nullable, number, oneOf } from '#vortex/protocol/fields.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { Field, Fields } from '#vortex/protocol/tuple.ts'

/**
 * The platform's own events that stay in the log: refusals, and what people decided. They are held to the list beside
 * this file as a plugin's are to its own (E6). Announcements of read models are no history: the store keeps them for an
 * hour, and whoever does not understand one looks again.
 */

/** Whatever there is to say: an error's words have no bound of ours. */
const words = withWords(v.string(), 'text of any length')
const object = withWords(v.custom<JsonObject>(isJsonObject, 'must be an object'), 'object')
const optional = <T>(field: Field<T>): Field<T | undefined> =>
  withWords(v.optional(field), `${wordsOf(field)}, or nothing`)

const projection = words
const reason = words
const rebuild = {
  projection,
  rebuild: words,
  kind: oneOf(['rebuild', 'return']),
  fromVersion: number(),
  toVersion: number(),
}
const ended = {
  ...rebuild,
  requestedBy: words,
  eventCount: number(),
  rowCount: number(),
  swapMs: nullable(number()),
  seconds: number(),
  proof: nullable(object),
  differences: nullable(object),
  error: nullable(words),
}
const deadLetter = { eventId: words, stream: words, type: words, tries: number(), words }
const maybeDeadLetter = {
  eventId: optional(words),
  stream: optional(words),
  type: optional(words),
  tries: optional(number()),
  words: optional(words),
}

const ofService = { service: words, instance: words, instanceName: words, zone: words, host: words }

const first = (name: string, fields: Fields): EventDefinition => defineEvent(name, { version: 1, fields })

const jobEvents = Object.entries({ ...jobEventSchemas, ...jobQueueEventSchemas }).map(([name, { entries }]) =>
  first(name, entries),
)

export const platformEvents: readonly EventDefinition[] = [
  ...jobEvents,
  first(refusalType, { action: words, data: object, kind: words, words }),
  // The platform's own actions, which are events too.
  first(askForHelp.name, askForHelp.fields),
  first(answerHelp.name, answerHelp.fields),
  first('peek.ApiKeyCreated', {
    name: words,
    scopes: list(words),
    requestsPerMinute: number(),
    expiresAt: nullable(number()),
  }),
  first('peek.ApiKeyRevoked', { name: words, reason }),
  first('peek.AuditExportRequested', { format: words, search: object }),
  first('peek.BackupRequested', { name: words, reason }),
  first('peek.DeadLetterDropped', { reactor: words, ...deadLetter, reason }),
  first('peek.DeadLetterRetried', { reactor: words, all: optional(boolean()), ...maybeDeadLetter, reason }),
  first('peek.DeviceForgotten', { device: words, apps: list(object), reason }),
  first('peek.EvidenceVerificationRequested', {}),
  /** About one job: beside its own stream, which goes with it. */
  first('peek.JobDecided', { job: words, jobId: words, deed: oneOf(['retry', 'cancel', 'bring-forward']), reason }),
  first('peek.JobRunRequested', { job: words, reason }),
  first('peek.JobsCancelRequested', {
    job: words,
    stage: oneOf(['waiting', 'running', 'parked']),
    countMax: number(),
    reason,
  }),
  first('peek.JobsRetryRequested', { job: words, countMax: number(), reason }),
  first('peek.ParkedEntityReplayed', { projection, stream: words, reason }),
  first('peek.ParkedEventSkipped', { projection, eventId: words, stream: words, type: words, words, reason }),
  first('peek.ParkedEventsRetried', {
    projection,
    stream: optional(words),
    fingerprint: optional(words),
    entityCount: optional(number()),
    reason,
  }),
  first('peek.ParkedReplayRequested', { stream: words, group: words, countMax: nullable(number()), reason }),
  first('peek.ParkingWorkCancelled', {
    projection,
    kind: oneOf(['retry', 'skip', 'replay']),
    stream: nullable(words),
    fingerprint: nullable(words),
  }),
  first('peek.PluginRestartRequested', { plugin: words, reason }),
  first('peek.ProjectionRebuildApproved', rebuild),
  first('peek.ProjectionRebuildCancelled', { ...rebuild, reason }),
  first('peek.ProjectionRebuildCompleted', ended),
  first('peek.ProjectionRebuildFailed', ended),
  first('peek.ProjectionRebuildPaused', rebuild),
  first('peek.ProjectionRebuildRequested', { ...rebuild, reason, asksFirst: boolean(), rateMax: nullable(number()) }),
  first('peek.ProjectionRebuildResumed', rebuild),
  first('peek.ProjectionRebuildThrottled', { ...rebuild, rateMax: nullable(number()) }),
  first('peek.ProjectionResetRequested', { projection, reason }),
  first('peek.ProjectionTablesDropped', { projection, version: number(), tableBytes: number() }),
  first('peek.ScavengeRequested', { reason }),
  first('peek.ScavengeStopRequested', { scavenge: words, reason }),
  first('peek.SettingsChanged', { plugin: words, values: object, changed: list(words) }),
  first('peek.ServiceRestartRequested', { ...ofService, pid: number(), reason }),
  first('peek.WorkerDrained', { ...ofService, reason }),
  first('peek.WorkerResumed', { ...ofService, reason }),
]

const byName = new Map(platformEvents.map((event) => [event.name, event]))

/** What is not on the list is not written. */
export function assertPlatformEvent(type: string, data: JsonObject): void {
  const event = byName.get(type)
  if (!event)
    throw new PlatformError('bad-definition', `${type} is no event of the platform: add it to platform-events.ts.`)
  const parsed = parseWith(event.schema, data)
  if (parsed.ok) return
  throw new PlatformError('bad-definition', `${type} is not as platform-events.ts defines it: ${parsed.words}.`)
}
