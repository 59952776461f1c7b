import type { EventStore } from '#event-store/event-store.ts'
import { jobStream } from '#event-store/stream-name.ts'
import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { JobDefinition, JobPriority } from './define-job.ts'
import type { JobEvent } from './job-events.ts'
import { jobIdOf } from './job-id.ts'
import { type JobCause, type JobWriter, readJob, toJobEvents } from './job-log.ts'

export type JobSubmission = {
  readonly input: object
  readonly key?: string | undefined
  readonly priority?: JobPriority | undefined
  readonly notBefore?: number | undefined
  /** The instant it was due, of one that the schedule submits. */
  readonly schedule?: number | undefined
  /** For whom, in the audit. */
  readonly by: string
  readonly cause?: Partial<JobCause> | undefined
}

export const inputBytesMax = 256 * 1024
const keyLengthMax = 500
const instantMax = 8_640_000_000_000_000
const triesMax = 5

/**
 * Records a job.
 *
 * Promises: it is in the log when this resolves; of two submissions with the same key, wherever and whenever, one is the
 * job and the other is told so. Rejects with `bad-input`, `too-large`, or what the store says.
 */
export async function submitJob(options: {
  readonly store: Pick<EventStore, 'append' | 'readStream' | 'keep'>
  readonly definition: JobDefinition
  readonly submission: JobSubmission
  readonly writer: JobWriter
  readonly now: number
}): Promise<{ readonly jobId: string; readonly isNew: boolean }> {
  const { store, definition, submission, writer, now } = options
  const job = definition.name
  const input = checkedInput(definition, submission.input)
  const key = checkedKey(job, submission.key ?? definition.key(input))
  const jobId = jobIdOf(job, key)
  const { priority = definition.priority, schedule = null, by } = submission
  const notBefore = checkedInstant(job, submission.notBefore)
  const event: JobEvent = {
    type: 'peek.JobSubmitted',
    data: { job, input, priority, key: key ?? null, notBefore, schedule, by },
  }
  const id = newUuid()
  const cause = { correlationId: jobId, causationId: jobId, causeDepth: 0, pluginVersion: '', ...submission.cause }
  const events = toJobEvents({ jobId, job, cause }, [event], { ...writer, user: by, now }).map((one) => ({
    ...one,
    id,
  }))

  for (let attempt = 1, expected: number | 'no-stream' = 'no-stream'; ; attempt++) {
    try {
      await store.append(jobStream(job, jobId), events, expected)
      // A stream that was forgotten keeps nothing for long. The keeper says so again, should this process end here.
      if (expected !== 'no-stream') await store.keep(jobStream(job, jobId), {})
      return { jobId, isNew: true }
    } catch (error) {
      if (!isPlatformError(error, 'revision-conflict') || attempt === triesMax) throw error
      const found = await readJob(store, job, jobId)
      // Our own append may have happened after all: then it is the beginning of what was found.
      if (found) return { jobId, isNew: found.cause.causationId === id }
      // What an earlier job with this key left is forgotten, but for its place in the stream.
      expected = await placeBehind(store, jobStream(job, jobId), error)
    }
  }
}

async function placeBehind(
  store: Pick<EventStore, 'readStream'>,
  stream: string,
  conflict: PlatformError,
): Promise<number | 'no-stream'> {
  const [last] = await store.readStream(stream, { from: 'end', direction: 'backwards', countMax: 1 })
  if (last) return last.revision
  const { found } = conflict.facts
  return typeof found === 'number' && found >= 0 ? found : 'no-stream'
}

function checkedInput(definition: JobDefinition, given: object): JsonObject {
  const parsed = parseWith(definition.inputSchema, given)
  if (!parsed.ok)
    throw new PlatformError('bad-input', `The input of job ${definition.name} is wrong: ${parsed.words}.`, {
      facts: { job: definition.name },
    })
  const sizeBytes = Buffer.byteLength(JSON.stringify(parsed.value))
  if (sizeBytes > inputBytesMax)
    throw new PlatformError(
      'too-large',
      `The input of job ${definition.name} has ${sizeBytes} bytes, at most ${inputBytesMax}: ` +
        'keep what is large in a file or a table, and submit its name.',
      { facts: { job: definition.name, sizeBytes } },
    )
  return parsed.value as JsonObject
}

function checkedKey(job: string, key: string | undefined): string | undefined {
  if (key === undefined || (key.length > 0 && key.length <= keyLengthMax)) return key
  throw new PlatformError('bad-input', `A key of job ${job} has ${key.length} characters: wanted 1 to ${keyLengthMax}.`)
}

function checkedInstant(job: string, notBefore: number | undefined): number | null {
  if (notBefore === undefined) return null
  const instant = Math.trunc(notBefore)
  if (instant >= 0 && instant <= instantMax) return instant
  throw new PlatformError('bad-input', `Job ${job} is to begin at ${notBefore}: wanted milliseconds since 1970.`)
}
