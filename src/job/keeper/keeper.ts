import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { JobDefinition } from '../define-job.ts'
import { jobEventPrefix } from '../job-queue-events.ts'
import type { JobIndex } from './job-index.ts'
import { type KeeperRun, type QueueLook, type RunningJob, startKeeperRun } from './keeper-run.ts'

export type KeeperStatus = {
  readonly state: 'starting' | 'catching-up' | 'live' | 'stalled' | 'stopped'
  /** What is wrong just now, as a sentence. */
  readonly lastError: string | null
}

/**
 * Keeps jobs going, on the leading logic: says which may begin, takes back what a lost worker had, parks what has no try
 * left, submits what is due, and forgets what is old.
 *
 * Promises: whatever it does is an append with the revision it has seen, so that a second keeper, a late worker or a crash
 * at any moment cost a repeated look and never a second outcome; what fails is tried again; its memory is bounded.
 * Asks: `confirmLeading` rejects with `lost-leadership` once another leads, so that two keepers together begin more than a
 * queue allows for a second at most.
 */
export interface Keeper {
  status(): KeeperStatus
  queues(): readonly QueueLook[]
  /** Ready and running ones, the longest first. */
  running(countMax: number): readonly RunningJob[]
  stop(): Promise<void>
}

export type KeeperOptions = {
  readonly store: Pick<EventStore, 'append' | 'readStream' | 'follow' | 'keep'>
  readonly index: JobIndex
  readonly definitions: readonly JobDefinition[]
  /** Jobs at a time that the workers have room for, all together. */
  readonly placeCount: () => number
  readonly confirmLeading: () => Promise<void>
  readonly instance: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onLostLeadership?: () => void
  readonly laneCountMax?: number
}

export function startKeeper(options: KeeperOptions): Keeper {
  const { store, index, clock, random, log } = options
  const stopping = createDeferred<void>()
  let isStopping = false
  let status: KeeperStatus = { state: 'starting', lastError: null }
  let run: KeeperRun | undefined

  const pauseUnlessStopping = async (delayMs: number): Promise<void> => {
    const over = createDeferred<void>()
    const cancel = clock.after(delayMs, over.resolve)
    await Promise.race([over.promise, stopping.promise])
    cancel()
  }

  const runOnce = async (): Promise<void> => {
    const open = await index.loadOpen(options.laneCountMax ?? openCountMax)
    const running = startKeeperRun({
      ...options,
      open,
      onTrouble: (lastError) => {
        status = { ...status, lastError }
      },
    })
    run = running
    status = { state: 'catching-up', lastError: null }
    const feed = store.follow({
      after: open.position,
      filter: { on: 'type', prefixes: [jobEventPrefix] },
      onBatch: async (events: readonly RecordedEvent[]) => running.take(events),
      onLive: (isLive) => {
        status = { ...status, state: isLive ? 'live' : 'catching-up' }
        running.setLive(isLive)
      },
    })
    try {
      await Promise.race([feed.finished, running.failed, stopping.promise])
    } finally {
      await Promise.all([running.stop(), feed.stop()])
    }
  }

  const loop = async (): Promise<void> => {
    for (let attempt = 0; !isStopping; attempt++) {
      const startedAt = clock.now()
      try {
        await runOnce()
      } catch (error) {
        status = { state: 'stalled', lastError: describeError(error) }
        if (isPlatformError(error, 'lost-leadership')) {
          options.onLostLeadership?.()
          return
        }
        log.warning(`jobs are held up, trying again: ${describeError(error)}`)
        if (clock.now() - startedAt > 10_000) attempt = 0
        await pauseUnlessStopping(backOffMs(attempt, random))
      }
    }
  }
  const finished = loop().finally(() => {
    status = { ...status, state: 'stopped' }
  })

  return {
    status: () => status,
    queues: () => run?.queues() ?? [],
    running: (countMax) => run?.running(countMax) ?? [],
    stop: async () => {
      isStopping = true
      stopping.resolve()
      await finished
    },
  }
}

const openCountMax = 2_000
