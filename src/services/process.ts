/**
 * Runs one service as a process: starts it, tells the supervisor, and ends it in order.
 *
 *     run --> ready --> (SIGTERM, SIGINT, SIGHUP or the supervisor is gone) --> drain --> stop --> exit 0
 *      |        `-----> (an error nobody caught) -------------------------------------> stop --> exit 1
 *      `-> rejected ----------------------------------------------------------------> stop --> exit 1
 *
 * Promises: each end is logged once; no step waits past its deadline; a second signal ends the process at once.
 */
import { type Clock, pause, systemClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { currentProcess, type ProcessSurroundings } from './process-surroundings.ts'
import type { Service } from './service.ts'

export type ServiceProcessOptions = {
  readonly service: Service
  readonly log: Log
  readonly drainTimeoutMs?: number
  readonly stopTimeoutMs?: number
  readonly clock?: Clock
  readonly surroundings?: ProcessSurroundings
}

export const exitCodes = { stopped: 0, failed: 1, tooSlow: 3, interrupted: 130 } as const

type Ending =
  | { readonly by: 'signal'; readonly signal: string }
  | { readonly by: 'supervisor-gone' }
  | { readonly by: 'error'; readonly error: unknown }

/** Settles after the exit was asked for, which for a real process is never. */
export async function runServiceProcess(options: ServiceProcessOptions): Promise<void> {
  const { service, log, surroundings = currentProcess } = options
  const ending = listenForEnding(service, surroundings)
  const started = service.run().then(
    () => announceReady(service, log, surroundings),
    (error: unknown) => ending.resolve({ by: 'error', error }),
  )
  const end = await ending.promise
  const code = await endService(options, end)
  // A start that was overtaken by a signal has nothing left to tell.
  void started
  surroundings.exit(code)
}

function listenForEnding(service: Service, surroundings: ProcessSurroundings) {
  const ending = createDeferred<Ending>()
  let isEnding = false
  surroundings.onSignal((signal) => {
    if (isEnding) surroundings.exit(exitCodes.interrupted)
    isEnding = true
    ending.resolve({ by: 'signal', signal })
  })
  surroundings.onSupervisorGone(() => ending.resolve({ by: 'supervisor-gone' }))
  surroundings.onUncaught((error) => {
    if (!service.takeUncaught?.(error)) ending.resolve({ by: 'error', error })
  })
  return ending
}

function announceReady(service: Service, log: Log, surroundings: ProcessSurroundings): void {
  const url = service.url()
  log.info('ready', { url })
  surroundings.tellSupervisor({ event: 'ready', service: service.name, ...(url === undefined ? {} : { url }) })
}

async function endService(options: ServiceProcessOptions, end: Ending): Promise<number> {
  const { service, log, surroundings = currentProcess } = options
  const isFailure = end.by === 'error'
  if (isFailure) {
    log.error('ends because of an error', describeFailure(end.error))
    surroundings.tellSupervisor({ event: 'failed', service: service.name, words: describeError(end.error) })
  } else {
    log.info(end.by === 'signal' ? `stopping on ${end.signal}` : 'stopping: the supervisor is gone')
    await within(options, options.drainTimeoutMs ?? 10_000, 'drain', () => service.drain())
  }
  const isStopped = await within(options, options.stopTimeoutMs ?? 5_000, 'stop', () => service.stop())
  log.info('stopped')
  return isFailure ? exitCodes.failed : isStopped ? exitCodes.stopped : exitCodes.tooSlow
}

/** Whether the step settled in time and without an error; either is logged here. */
async function within(
  options: ServiceProcessOptions,
  timeoutMs: number,
  step: string,
  work: () => Promise<void>,
): Promise<boolean> {
  const { log, clock = systemClock } = options
  const settled = work().then(
    () => true,
    (error: unknown) => {
      log.error(`${step} failed`, describeFailure(error))
      return false
    },
  )
  const tooSlow = pause(clock, timeoutMs).then(() => 'too-slow' as const)
  const outcome = await Promise.race([settled, tooSlow])
  if (outcome !== 'too-slow') return outcome
  log.error(`${step} took longer than its deadline; going on without it`, { timeoutMs })
  return false
}

/** Of an operational failure the sentence is enough; a bug needs its stack. */
function describeFailure(error: unknown) {
  const words = describeError(error)
  return isPlatformError(error) ? { kind: error.kind, because: words } : { because: words, error }
}
