import type { CompetingConsumer, CompetingConsumers, Delivery } from '#event-store/competing-consumer.ts'
import type { EventStore, Feed } from '#event-store/event-store.ts'
import { jobReadyType, jobWorkersGroup } from '#job/job-events.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Interruption } from './job-process/run-try.ts'
import { aheadPerPlace, createSeats } from './seats.ts'
import type { JobTry } from './try-job.ts'

/**
 * The places of a worker: so many jobs at a time, each woken by the group all workers share.
 *
 *     woken, and read meanwhile --> leased --> in a place: runs --> out of it: its outcome is recorded
 *
 * Promises: while the store is asked for one job, the places run others. A worker without a free place gives back what it was woken for and asks for nothing until it has one, so that
 * no job waits here while another worker is free. Drained, it takes nothing new until it is told to go on.
 */
export interface WorkerPlaces {
  /** Until the outcome is recorded. */
  busyCount(): number
  isDraining(): boolean
  /** Takes no new job; resolves when what runs is over. */
  drain(): Promise<void>
  goOn(): void
  /** Gives back what runs and resolves when that is recorded; `abandon` leaves it to the end of the leases. */
  stop(): Promise<void>
  abandon(): void
}

/** Whether what is followed says anything about what runs here is for its stream to say. */
const lookTypes = ['peek.JobCancelRequested', 'peek.JobLeaseExpired', 'peek.JobCancelled']
/** A trivial job makes room at once: only longer ones are worth leaving for. */
const leaveAfterMs = 250
/** As long as others begin before it, one waits this long. */
const waitMsMax = 1_000
/** Those that are leased, and one for each place that is read by the time there is room. */
const wokenPerPlace = 1 + aheadPerPlace + 1
/** Where outcomes cannot be recorded, nothing more is begun. */
const recordingPerPlaceMax = 8

/** `sit` resolves when there is a place for it; false: not soon. */
export type BeginTry = (sit: () => Promise<boolean>) => JobTry

export function startWorkerPlaces(options: {
  readonly store: Pick<EventStore, 'follow'> & CompetingConsumers
  readonly placesMax: number
  /** Gets it ready; what it answers begins it, and is left alone where somebody else does. */
  readonly prepare: (delivery: Delivery) => BeginTry
  readonly clock: Clock
}): WorkerPlaces {
  const { store, placesMax, prepare, clock } = options
  const seats = createSeats({ placesMax, clock })
  /** Leased or about to be, waiting for a place or in one. */
  const begun = new Set<JobTry>()
  const recording = new Set<JobTry>()
  let waiting: { readonly begin: BeginTry; readonly since: number }[] = []
  let isDraining = false
  let cancelLeave: (() => void) | undefined
  let hasLeft = false
  const idle = new Set<() => void>()

  const consumer: CompetingConsumer = store.join({
    group: jobWorkersGroup,
    filter: { on: 'type', prefixes: [jobReadyType] },
    bufferCountMax: placesMax * wokenPerPlace,
    onDelivery: (delivery) => {
      waiting.push({ begin: prepare(delivery), since: clock.now() })
      fill()
    },
  })
  const feed: Feed = store.follow({
    after: 'end',
    filter: { on: 'type', prefixes: lookTypes },
    onBatch: async (events) => {
      const streams = new Set(events.map(({ stream }) => stream))
      for (const one of all()) if (streams.has(one.stream)) one.look()
    },
  })

  const leave = (): void => {
    stopLeaving()
    hasLeft = true
    // They go to whoever is free.
    waiting = []
    consumer.leave()
  }
  const stopLeaving = (): void => {
    cancelLeave?.()
    cancelLeave = undefined
  }
  const comeBack = (): void => {
    if (!hasLeft || isDraining) return
    hasLeft = false
    consumer.comeBack()
  }
  const hasRoom = (): boolean => !isDraining && seats.hasRoom() && recording.size < placesMax * recordingPerPlaceMax
  const fill = (): void => {
    while (hasRoom()) {
      const next = waiting.shift()
      if (!next) break
      // Where one begins every now and then the next ones have a good place to wait, for a while.
      stopLeaving()
      occupy(next.begin)
    }
    if (hasRoom()) comeBack()
    const [oldest] = waiting
    if (!oldest) return stopLeaving()
    const leftMs = Math.max(0, oldest.since + waitMsMax - clock.now())
    cancelLeave ??= clock.after(Math.min(leaveAfterMs, leftMs), leave)
  }
  const occupy = (begin: BeginTry): void => {
    const seat = seats.take()
    const one = begin(seat.sit)
    begun.add(one)
    const over = async (): Promise<void> => {
      await one.ran
      seat.leave()
      begun.delete(one)
      recording.add(one)
      fill()
      await one.finished
      recording.delete(one)
      if (isIdle()) for (const tell of idle) tell()
      fill()
    }
    void over()
  }
  const all = (): readonly JobTry[] => [...begun, ...recording]
  const isIdle = (): boolean => begun.size + recording.size === 0
  const untilIdle = (): Promise<void> =>
    new Promise((resolve) => {
      if (isIdle()) return resolve()
      const tell = (): void => {
        idle.delete(tell)
        resolve()
      }
      idle.add(tell)
    })
  const drain = async (): Promise<void> => {
    isDraining = true
    leave()
    await untilIdle()
  }
  const interruptAll = (why: Interruption): void => {
    for (const one of all()) one.interrupt(why)
  }

  return {
    busyCount: () => Math.min(placesMax, begun.size + recording.size),
    isDraining: () => isDraining,
    drain,
    goOn: () => {
      isDraining = false
      fill()
    },
    stop: async () => {
      isDraining = true
      stopLeaving()
      waiting = []
      await consumer.stop()
      interruptAll('worker-stopped')
      await untilIdle()
      await feed.stop()
    },
    abandon: () => {
      for (const one of all()) one.abandon()
    },
  }
}
