import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import { type Fields, type FieldValues, pluginOf } from '#vortex/protocol/tuple.ts'
import { cancelJob } from './cancel-job.ts'
import type { JobDefinition } from './define-job.ts'
import type { JobCause, JobWriter } from './job-log.ts'
import { createJobOutcomes } from './job-outcomes.ts'
import type { Jobs, SubmitOptions, SubmittedJob } from './jobs.ts'
import { submitJob } from './submit-job.ts'

/** Jobs of all plugins on this logic; each part and reactor gets those of its own plugin. */
export interface JobDesk {
  /** `cause`: what the jobs come from, an event or an action; a part's own wish has none. */
  jobsOf(plugin: string, cause?: Omit<JobCause, 'pluginVersion'>): Jobs
  close(): Promise<void>
}

const recentCountMax = 10_000

export function createJobDesk(options: {
  readonly store: Pick<EventStore, 'append' | 'readStream' | 'head' | 'follow' | 'keep'>
  readonly definitions: readonly JobDefinition[]
  /** The queue of a job submitted by others or long ago; undefined when there is no such job. */
  readonly findQueue: (jobId: string) => Promise<string | undefined>
  readonly pluginVersion: (plugin: string) => string
  readonly instance: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}): JobDesk {
  const { store, clock } = options
  const outcomes = createJobOutcomes(options)
  const definitions = new Map(options.definitions.map((definition) => [definition.name, definition]))
  const writer: Omit<JobWriter, 'user'> = { instance: options.instance, service: 'logic' }
  /** The read model comes a moment later than the log. */
  const recent = new Map<string, string>()
  const note = (jobId: string, job: string): void => {
    recent.set(jobId, job)
    const [oldest] = recent.keys()
    if (recent.size > recentCountMax && oldest !== undefined) recent.delete(oldest)
  }

  const submit = async <I extends Fields, O extends Fields>(
    plugin: string,
    cause: Omit<JobCause, 'pluginVersion'> | undefined,
    job: JobDefinition<I, O>,
    input: FieldValues<I>,
    { key, priority, notBefore, by = plugin }: SubmitOptions,
  ): Promise<SubmittedJob<FieldValues<O>>> => {
    assertOwn(plugin, job.name)
    const definition = definitions.get(job.name)
    if (!definition) throw unknownJob(job.name, [...definitions.keys()])
    const { jobId, isNew } = await submitJob({
      store,
      definition,
      submission: {
        input,
        key,
        priority,
        notBefore,
        by,
        cause: { ...cause, pluginVersion: options.pluginVersion(plugin) },
      },
      writer: { ...writer, user: by },
      now: clock.now(),
    })
    note(jobId, job.name)
    return {
      jobId,
      isNew,
      // The worker has checked it against this definition's output.
      result: async (waiting) => (await outcomes.wait(job.name, jobId, waiting)) as FieldValues<O>,
    }
  }

  return {
    jobsOf: (plugin, cause) => ({
      submit: (job, input, submitOptions = {}) => submit(plugin, cause, job, input, submitOptions),
      cancel: async (jobId, why) => {
        const job = recent.get(jobId) ?? (await options.findQueue(jobId))
        if (job === undefined) throw new PlatformError('not-found', `There is no job ${jobId}, or it is forgotten.`)
        assertOwn(plugin, job)
        await cancelJob({ store, job, jobId, why, writer: { ...writer, user: why.by }, clock })
      },
    }),
    close: () => outcomes.close(),
  }
}

/** A plugin's jobs are its own affair: others ask it by its contract. */
function assertOwn(plugin: string, job: string): void {
  if (pluginOf(job) === plugin) return
  throw new PlatformError('forbidden', `The plugin ${plugin} may not submit or cancel ${job}: only jobs of its own.`, {
    facts: { plugin, job },
  })
}

function unknownJob(name: string, known: readonly string[]): PlatformError {
  const near = nearestName(name, known)
  const hint = near ? `Did you mean ${near}?` : 'Name it in `jobs` of the logic part of an enabled plugin.'
  return new PlatformError('not-found', `No job ${name} is loaded. ${hint}`, { facts: { job: name } })
}
