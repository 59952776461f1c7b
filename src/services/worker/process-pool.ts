import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { KnownJob, PluginPlace } from './job-process/job-process-messages.ts'
import type { JobProcess } from './job-process/start-job-process.ts'

/**
 * Processes for jobs, kept ready.
 *
 *     (started) --> spare: runs, has no plugin yet --> taken, for a try --> idle: has its plugin, waits for the next try
 *                                                          `-> ended <-----------'
 *
 * Promises: a spare one takes the place of each that was taken, so that a job seldom waits for a process to start; a
 * process only ever has one plugin's code; a `fresh` job gets one no job has run in. Idle ones are as many as there are
 * places at most, and go after a while.
 * Asks: whoever takes one gives it back.
 */
export interface ProcessPool {
  /** Rejects with `plugin-failed` when the plugin's code cannot be loaded. */
  take(place: PluginPlace, job: string): Promise<TakenProcess>
  /** Good ones are kept for the next job, others ended. */
  giveBack(taken: TakenProcess, isGood: boolean): void
  /** Ends idle processes of other plugins, and of other versions of these. */
  keepOnly(plugins: readonly Pick<PluginPlace['plugin'], 'manifest' | 'version'>[]): void
  processCount(): number
  /** Ends all of them, taken ones too. */
  stop(): Promise<void>
}

export type TakenProcess = {
  readonly process: JobProcess
  readonly plugin: string
  /** Changes when the plugin's code does. */
  readonly version: string
  readonly known: readonly KnownJob[]
  readonly jobCount: number
}

export type ProcessPoolOptions = {
  readonly start: () => JobProcess
  readonly idleCountMax: number
  readonly spareCountMax: number
  /** A process that took so many is ended: what a job leaves behind adds up. */
  readonly jobsPerProcessMax: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const idleMsMax = 5 * 60_000

export function createProcessPool(options: ProcessPoolOptions): ProcessPool {
  const { start, idleCountMax, spareCountMax, jobsPerProcessMax, clock, random, log } = options
  const all = new Set<JobProcess>()
  let spares: JobProcess[] = []
  let idle: { readonly taken: TakenProcess; readonly cancel: () => void }[] = []
  /** What is known of jobs, by name, since their code was loaded once. */
  const freshJobs = new Set<string>()
  let failedStarts = 0
  let cancelRefill: () => void = () => undefined
  let isStopped = false

  const begin = (): JobProcess => {
    const process = start()
    all.add(process)
    void process.ended.then(() => {
      all.delete(process)
      spares = spares.filter((spare) => spare !== process)
      leaveIdle(process)
    })
    return process
  }
  const leaveIdle = (process: JobProcess): void => {
    for (const gone of idle.filter(({ taken }) => taken.process === process)) gone.cancel()
    idle = idle.filter(({ taken }) => taken.process !== process)
  }
  /** It is some time before it has ended, and no job may be given to it meanwhile. */
  const endIdle = (process: JobProcess): void => {
    leaveIdle(process)
    process.kill()
  }
  const refill = (): void => {
    cancelRefill()
    while (!isStopped && spares.length < spareCountMax) {
      try {
        const spare = begin()
        spares.push(spare)
        spare.listening.then(
          () => {
            const hadFailed = failedStarts > 0
            failedStarts = 0
            if (hadFailed) refill()
          },
          (error: unknown) => refillLater(error),
        )
      } catch (error) {
        return refillLater(error)
      }
      if (failedStarts > 0) return
    }
  }
  /** What keeps one from starting keeps the next one too: memory, limits, the disk. */
  const refillLater = (error: unknown): void => {
    if (isStopped) return
    log.warning(`a process for jobs did not start: ${describeError(error)}`)
    cancelRefill()
    cancelRefill = clock.after(backOffMs(failedStarts++, random, 1_000, 30_000), refill)
  }
  const findIdle = ({ plugin }: PluginPlace, job: string): TakenProcess | undefined => {
    if (freshJobs.has(job)) return undefined
    const found = idle.findLast(
      ({ taken }) => taken.plugin === plugin.manifest.id && taken.version === plugin.version && !taken.process.isOver(),
    )
    if (!found) return undefined
    leaveIdle(found.taken.process)
    return found.taken
  }
  const load = async (process: JobProcess, place: PluginPlace): Promise<TakenProcess> => {
    const { version, manifest } = place.plugin
    try {
      const known = await process.load(place)
      for (const job of known) {
        if (job.process === 'fresh') freshJobs.add(job.name)
        else freshJobs.delete(job.name)
      }
      return { process, plugin: manifest.id, version, known, jobCount: 0 }
    } catch (error) {
      process.kill()
      throw error
    }
  }
  const keep = (taken: TakenProcess): void => {
    const cancel = clock.after(idleMsMax, () => endIdle(taken.process))
    idle.push({ taken, cancel })
    for (const { taken: oldest } of idle.slice(0, Math.max(0, idle.length - idleCountMax))) endIdle(oldest.process)
  }

  refill()
  return {
    take: async (place, job) => {
      if (isStopped) throw new PlatformError('unavailable', 'The worker stops.')
      const found = findIdle(place, job)
      if (found) return found
      const process = spares.shift() ?? begin()
      const taken = await load(process, place)
      if (failedStarts === 0) refill()
      return taken
    },
    giveBack: (taken, isGood) => {
      const counted = { ...taken, jobCount: taken.jobCount + 1 }
      const isKept = isGood && !isStopped && counted.jobCount < jobsPerProcessMax && !taken.process.isOver()
      if (isKept && idleCountMax > 0) keep(counted)
      else taken.process.kill()
    },
    keepOnly: (plugins) => {
      for (const { taken } of idle) {
        const isWanted = plugins.some(
          ({ manifest, version }) => manifest.id === taken.plugin && version === taken.version,
        )
        if (!isWanted) endIdle(taken.process)
      }
    },
    processCount: () => all.size,
    stop: async () => {
      isStopped = true
      cancelRefill()
      for (const { cancel } of idle) cancel()
      const ending = [...all]
      for (const process of ending) process.kill()
      await Promise.all(ending.map(({ ended }) => ended))
    },
  }
}
