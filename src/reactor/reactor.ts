import type { EventFilter } from '#event-store/event-store.ts'
import { backOffMs } from '#kernel/back-off.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { reactorId } from './define-reactor.ts'
import { reactorFilter } from './reactor-filter.ts'
import type { DeadLetter, DeadLetterPage } from './reactor-journal.ts'
import { type ReactorOptions, reactorLimits } from './reactor-options.ts'
import { type ReactorRun, startReactorRun } from './reactor-run.ts'
import { firstStatus, type ReactorStatus } from './reactor-status.ts'

/**
 * A reactor, running: gives it the events it reacts to, and remembers how far it has come.
 *
 * Promises: each event at least once, those of one entity one after the other in their order, different entities side by
 * side; an event whose effects fail is tried again with a growing pause while other entities go on, and at last becomes a
 * dead letter; the checkpoint passes nothing that is not done or noted. What breaks is tried again and shows in the status.
 */
export interface Reactor {
  readonly id: string
  readonly filter: EventFilter
  status(): ReactorStatus
  deadLetters(page: DeadLetterPage): Promise<readonly DeadLetter[]>
  /** Throws `not-found` when the event is no dead letter here. */
  findDeadLetter(eventId: string): Promise<DeadLetter>
  /** Begins to try a dead letter again, or the oldest of them: answers how many. */
  retry(what: { readonly eventId: string } | 'all'): Promise<number>
  /** The event is to have no effects. */
  drop(eventId: string): Promise<void>
  stop(): Promise<void>
}

/** So many dead letters begin anew at once; asking again takes the next ones. */
export const retriedCountMax = 5_000

export function startReactor(options: ReactorOptions): Reactor {
  const { definition, journal, clock, log, lost } = options
  const id = reactorId(definition)
  const graceMs = options.limits?.graceMs ?? reactorLimits.graceMs
  let status = firstStatus(definition)
  let run: ReactorRun | undefined
  let isStopping = false
  let wake = createDeferred<void>()
  /** Decisions about dead letters that are being written. */
  let deciding: Promise<unknown> = Promise.resolve()

  const report = (change: Partial<ReactorStatus>): void => {
    status = { ...status, ...change }
    options.onStatus?.(status)
  }
  const isOver = (): boolean => isStopping || lost?.aborted === true

  const runOnce = async (isProgress: () => void): Promise<void> => {
    // What the run before was not told in time, this one finds written.
    await deciding
    run = await startReactorRun({ ...options, report, isProgress })
    if (!isOver()) await run.finished
  }
  const loop = async (): Promise<void> => {
    for (let attempt = 0; !isOver(); ) {
      try {
        await runOnce(() => (attempt = 0))
      } catch (error) {
        if (isPlatformError(error, 'lost-leadership')) {
          report({ lastError: error.message })
          options.onLostLeadership?.()
          return
        }
        await endRun(0)
        report({ state: 'stalled', lastError: describeError(error) })
        log.warning(`stalled, trying again: ${describeError(error)}`)
        await pauseUntilWoken(backOffMs(attempt++, options.random))
      } finally {
        await endRun(lost?.aborted ? 0 : graceMs)
      }
    }
  }
  const endRun = async (withinMs: number): Promise<void> => {
    const ending = run
    run = undefined
    await ending?.stop(withinMs).catch(() => undefined)
  }
  const pauseUntilWoken = async (delayMs: number): Promise<void> => {
    if (isOver()) return
    wake = createDeferred()
    const cancel = clock.after(delayMs, wake.resolve)
    await wake.promise
    cancel()
  }
  const onLost = (): void => wake.resolve()
  lost?.addEventListener('abort', onLost, { once: true })
  const finished = loop().finally(() => {
    lost?.removeEventListener('abort', onLost)
    report({ state: 'stopped', runningCount: 0 })
  })

  const getRun = (): ReactorRun => {
    if (run) return run
    throw new PlatformError('unavailable', `The reactor ${id} is not running just now: try again shortly.`)
  }
  /** Not while a run opens the journal: it would neither find what is decided nor be told. */
  const decide = <T>(work: (running: ReactorRun) => Promise<T>): Promise<T> => {
    const decided = work(getRun())
    deciding = Promise.allSettled([deciding, decided])
    return decided
  }
  const findDeadLetter = async (eventId: string): Promise<DeadLetter> => {
    const found = await journal.findDeadLetter(eventId)
    if (found) return found
    throw new PlatformError(
      'not-found',
      `The event ${eventId} is no dead letter of ${id}: it never was one, or somebody decided about it.`,
    )
  }

  return {
    id,
    filter: reactorFilter(definition),
    status: () => status,
    deadLetters: (page) => journal.deadLetters(page),
    findDeadLetter,
    retry: async (what) => {
      const count = await decide(async (running) => {
        const notes = await journal.revive(what === 'all' ? { countMax: retriedCountMax } : { ...what, countMax: 1 })
        running.takeRevived(notes)
        return notes.length
      })
      if (what !== 'all' && count === 0) await findDeadLetter(what.eventId)
      return count
    },
    drop: async (eventId) => {
      const note = await decide(async (running) => {
        const dropped = await journal.drop(eventId)
        if (dropped) running.takeDropped(dropped)
        return dropped
      })
      if (!note) await findDeadLetter(eventId)
    },
    stop: async () => {
      isStopping = true
      wake.resolve()
      await endRun(graceMs)
      await finished
    },
  }
}
