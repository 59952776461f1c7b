import type { JobContext, JobHandler } from '#job/job-handler.ts'
import type { Clock } from '#kernel/clock.ts'
import type { JsonObject } from '#kernel/json.ts'
import { createLog, type Log, type LogLine } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { AskedTry, FromJobProcess, TryEnd } from './job-process-messages.ts'
import type { LineGate } from './line-gate.ts'
import type { LoadedJobs } from './load-jobs.ts'

export type OneTry = {
  readonly asked: AskedTry
  readonly jobs: LoadedJobs
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly say: (message: FromJobProcess) => void
  readonly gate: LineGate
  readonly rpc: Rpc
}

const progressEveryMs = 100
/** Beside the lines of the log it has to fit one append of the store. */
const outputBytesMax = 512 * 1024
const errorLengthMax = 10_000
/** What a job writes in one line is not carried to its worker at any length. */
const lineLengthMax = 2_000

/** Runs a job's code once, between the checks of what goes in and what comes out. Never rejects. */
export async function runOneTry(one: OneTry): Promise<TryEnd> {
  const { asked, jobs } = one
  const handler = jobs.handlers.get(asked.job)
  if (!handler)
    return failed('bad-input', `Plugin "${jobs.place.plugin.manifest.id}" has no code for the job ${asked.job} here.`)
  const input = parseWith<object>(handler.job.inputSchema, asked.input)
  if (!input.ok) return failed('bad-input', `The input does not fit the job's definition: ${input.words}.`)
  try {
    return checkOutput(handler, await handler.run(input.value, makeContext(one)))
  } catch (error) {
    return failed('threw', (error instanceof Error && error.stack) || describeError(error))
  }
}

function checkOutput({ job }: JobHandler, found: object): TryEnd {
  const output = parseWith<object>(job.outputSchema, found)
  if (!output.ok) return failed('bad-output', `The output does not fit the job's definition: ${output.words}.`)
  const text = JSON.stringify(output.value)
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes <= outputBytesMax) return { at: 'succeeded', output: JSON.parse(text) as JsonObject }
  return failed(
    'bad-output',
    `The output has ${sizeBytes} bytes, at most ${outputBytesMax}: store it, and answer where it is.`,
  )
}

function makeContext({ asked, jobs, signal, clock, say, gate, rpc }: OneTry): JobContext {
  const { jobId, tryNumber, job } = asked
  let saidAt = Number.NEGATIVE_INFINITY
  return {
    jobId,
    tryNumber,
    signal,
    progress: (share, words) => {
      const now = clock.now()
      if (now - saidAt < progressEveryMs && share < 1) return
      saidAt = now
      const within = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0
      say({ kind: 'progress', share: within, ...(words === undefined ? {} : { words: words.slice(0, 500) }) })
    },
    idempotencyKey: (effect) => (effect === undefined ? jobId : `${jobId}:${effect}`),
    get database() {
      return jobs.database()
    },
    files: jobs.place.files,
    rpc,
    log: makeLog(job, { clock, say, gate }),
  }
}

function makeLog(name: string, { clock, say, gate }: Pick<OneTry, 'clock' | 'say' | 'gate'>): Log {
  return createLog(name, (line) => {
    if (gate.isOpen())
      say({ kind: 'line', line: { at: clock.now(), level: line.level, words: toWords(line).slice(0, lineLengthMax) } })
  })
}

function toWords({ words, facts }: LogLine): string {
  if (facts === undefined) return words
  try {
    return `${words} ${JSON.stringify(facts)}`
  } catch {
    return words
  }
}

function failed(cause: Extract<TryEnd, { at: 'failed' }>['cause'], error: string): TryEnd {
  return { at: 'failed', cause, error: error.slice(0, errorLengthMax) }
}
