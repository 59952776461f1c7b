import { toMetadata } from '#event-store/metadata.ts'
import { newUuid } from '#kernel/ids.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import type { JobWriter } from '../job-log.ts'
import { type JobQueueEvent, jobQueueStream } from '../job-queue-events.ts'
import { submitJob } from '../submit-job.ts'
import type { DueSchedule, JobSchedules } from './job-schedules.ts'
import type { KeeperOptions } from './keeper.ts'

/** Submits what is due, and records where a schedule begins that is new. Rejects with what the store says. */
export async function submitDue(
  options: Pick<KeeperOptions, 'store' | 'clock' | 'log'> & {
    readonly schedules: JobSchedules
    readonly writer: JobWriter
    readonly isPaused: (job: string) => boolean
  },
): Promise<void> {
  const { schedules, clock, isPaused } = options
  for (const due of schedules.due(clock.now(), isPaused)) {
    const job = due.definition.name
    if (due.do === 'begin') await begin(due, options)
    else await submit(due, options)
    schedules.done(job, due.at)
  }
}

/** Two leaders may both record it: the later one counts, and nothing is due between them but what both submit as one. */
async function begin(due: DueSchedule, { store, clock, writer }: Parameters<typeof submitDue>[0]): Promise<void> {
  const job = due.definition.name
  const event: JobQueueEvent = { type: 'peek.JobScheduleBegun', data: { job, schedule: due.words, at: due.at } }
  await store.append(
    jobQueueStream(job),
    [{ id: newUuid(), ...event, metadata: ownMetadata(writer, clock.now()) }],
    'any',
  )
}

/** One whose input cannot be made is left out, and said to be wrong; the next one is tried all the same. */
async function submit(due: DueSchedule, options: Parameters<typeof submitDue>[0]): Promise<void> {
  const { store, clock, log, schedules, writer } = options
  const { definition, at } = due
  const { name } = definition
  try {
    const input = definition.schedule?.input(at) ?? {}
    const submission = { input, key: scheduleKey(at), schedule: at, by: pluginOf(name) }
    await submitJob({ store, definition, submission, writer, now: clock.now() })
    schedules.setTrouble(name, undefined)
  } catch (error) {
    if (isPlatformError(error) && error.kind !== 'bad-input' && error.kind !== 'too-large') throw error
    const words = `The schedule of job ${name} could not submit what was due at ${new Date(at).toISOString()}: ${describeError(error)}`
    schedules.setTrouble(name, words)
    log.error(words)
  }
}

export function scheduleKey(at: number): string {
  return `schedule ${at}`
}

/** Of what the keeper itself records about queues. */
export function ownMetadata({ user, instance, service }: JobWriter, now: number) {
  const id = newUuid()
  return toMetadata({
    actionId: id,
    correlationId: id,
    causationId: id,
    user,
    device: instance,
    service,
    plugin: 'peek',
    pluginVersion: '',
    schemaVersion: 1,
    occurredAt: now,
    recordedAt: now,
  })
}
