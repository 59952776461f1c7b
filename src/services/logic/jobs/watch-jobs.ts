import type { JobControl } from '#job/job-control.ts'
import type { Keeper } from '#job/keeper/keeper.ts'
import type { Clock } from '#kernel/clock.ts'
import type { MemoryModel } from '#observable/source/memory-model.ts'
import type { JobQueueStatus, RunningJob } from '#vortex/protocol/job-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

/** So many are shown; how many there are says their queue. */
const runningShownMax = 200
const restMsMax = 30_000

/** Shows how queues stand and what runs, as the keeper and the list of jobs have it; looks every `periodMs`. */
export function watchJobs(options: {
  readonly jobs: () =>
    | { readonly control: Pick<JobControl, 'queues'>; readonly keeper: Pick<Keeper, 'running'> }
    | undefined
  readonly queues: MemoryModel<TupleOf<typeof JobQueueStatus>>
  readonly running: MemoryModel<TupleOf<typeof RunningJob>>
  readonly clock: Clock
  readonly periodMs?: number
}): { stop(): void } {
  const { queues, running, clock, periodMs = 1_000 } = options
  let isStopped = false
  let cancel = (): void => undefined

  const showQueues = async (): Promise<void> => {
    const found = (await options.jobs()?.control.queues()) ?? []
    replace(
      queues,
      found.map(({ job: id, ...queue }) => ({ id, ...queue })),
    )
  }
  const showRunning = (): void => {
    const found = options.jobs()?.keeper.running(runningShownMax) ?? []
    replace(
      running,
      found.map(({ jobId: id, progress, ...job }) => {
        const { workerName = null, startedAt = null, share = null, words = null } = progress ?? {}
        return { id, ...job, workerName, startedAt, share, words }
      }),
    )
  }
  const tick = async (): Promise<void> => {
    const startedAt = clock.now()
    showRunning()
    try {
      await showQueues()
    } catch {
      // The database is away or the list is being made, which others say; what was found last stays shown.
    }
    // Counting takes its time where hundreds of thousands wait: a tenth of the database's time at most.
    const restMs = Math.max(periodMs, 10 * (clock.now() - startedAt))
    if (!isStopped) cancel = clock.after(Math.min(restMs, restMsMax), () => void tick())
  }
  void tick()

  return {
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}

function replace<R extends { readonly id: string }>(model: MemoryModel<R>, rows: readonly R[]): void {
  const ids = new Set(rows.map(({ id }) => id))
  for (const { id } of [...model.rows()]) if (!ids.has(id)) model.delete(id)
  for (const row of rows) model.set(row)
}
