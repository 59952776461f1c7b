import type { Clock } from '#kernel/clock.ts'
import type { AskedTry, TryEnd } from './job-process-messages.ts'
import { memoryOf } from './memory-of.ts'
import type { JobProcess, TryHears } from './start-job-process.ts'

/** How a try ended, seen from outside its process. */
export type TryOutcome =
  | { readonly at: 'succeeded'; readonly output: { readonly [field: string]: unknown }; readonly tookMs: number }
  | {
      readonly at: 'failed'
      readonly cause: 'threw' | 'timeout' | 'crashed' | 'bad-input' | 'bad-output'
      readonly error: string
    }
  | { readonly at: 'interrupted'; readonly why: Interruption }

/** Cancelled by a person, given back because the worker stops or has no place for it after all, or taken by somebody else. */
export type Interruption = 'cancelled' | 'worker-stopped' | 'crowded-out' | 'lost'

export type RunningTry = {
  /** With whether its process may take another job. */
  readonly outcome: Promise<{ readonly outcome: TryOutcome; readonly isProcessGood: boolean }>
  /** The code is told, and its process is ended a little later if it goes on all the same. The first one counts. */
  interrupt(why: Interruption): void
}

/** A job that is told to end may put things in order for so long. */
const graceMsUsual = 2_000
const memoryLookEveryMs = 500

/**
 * Runs one try in a process and ends it when its time is over, when it takes too much memory or when it is told to.
 *
 * Promises: has an outcome at most `timeoutMs` and the grace after it began, whatever the code does.
 */
export function runTry(options: {
  readonly process: JobProcess
  readonly asked: AskedTry
  readonly timeoutMs: number
  readonly memoryBytesMax: number
  readonly graceMs?: number
  readonly hears: TryHears
  readonly clock: Clock
}): RunningTry {
  const { process, asked, timeoutMs, memoryBytesMax, graceMs = graceMsUsual, hears, clock } = options
  const startedAt = clock.now()
  let ending: TryOutcome | undefined
  let isDone = false

  const endAs = (outcome: TryOutcome, why: string): void => {
    if (ending || isDone) return
    ending = outcome
    process.abort(why)
    cancelKill = clock.after(graceMs, process.kill)
  }
  let cancelKill: () => void = () => undefined
  const cancelTimeout = clock.after(timeoutMs, () =>
    endAs(
      { at: 'failed', cause: 'timeout', error: `It took longer than ${timeoutMs} ms.` },
      `The job took longer than ${timeoutMs} ms.`,
    ),
  )
  let cancelLook: () => void = () => undefined
  const lookAtMemory = async (): Promise<void> => {
    const bytes = (await memoryOf(process.pid)) ?? 0
    if (isDone || ending) return
    if (bytes <= memoryBytesMax) return lookAgain()
    ending = { at: 'failed', cause: 'crashed', error: tooMuchMemory(bytes, memoryBytesMax) }
    process.kill()
  }
  const lookAgain = (): void => {
    cancelLook = clock.after(memoryLookEveryMs, () => void lookAtMemory())
  }
  lookAgain()
  const ended = process.run(asked, hears).finally(() => {
    isDone = true
    cancelTimeout()
    cancelKill()
    cancelLook()
  })

  const succeeded = (end: Extract<TryEnd, { at: 'succeeded' }>): TryOutcome => ({
    ...end,
    tookMs: Math.max(0, clock.now() - startedAt),
  })
  const conclude = async () => {
    const found = await ended
    // It ended by itself or was made to: what was decided before that stands. Only where nothing was wrong with it but its
    // worker, what it has done need not be done again.
    if (ending) {
      const isDone = found?.end.at === 'succeeded' && ending.at === 'interrupted' && ending.why === 'worker-stopped'
      return { outcome: isDone ? succeeded(found.end) : ending, isProcessGood: false }
    }
    if (!found) {
      const crashed: TryOutcome = { at: 'failed', cause: 'crashed', error: await process.ended }
      return { outcome: crashed, isProcessGood: false }
    }
    const { end, memoryBytes } = found
    if (end.at === 'failed') return { outcome: end, isProcessGood: false }
    return { outcome: succeeded(end), isProcessGood: memoryBytes <= memoryBytesMax / 2 }
  }
  return {
    outcome: conclude(),
    interrupt: (why) => endAs({ at: 'interrupted', why }, interruptionWords[why]),
  }
}

export const interruptionWords: Readonly<Record<Interruption, string>> = {
  cancelled: 'The job was cancelled.',
  'worker-stopped': 'The worker stops: the job goes on elsewhere.',
  'crowded-out': 'Longer jobs took the places of the worker: the job goes on elsewhere.',
  lost: 'The job was given to another worker.',
}

function tooMuchMemory(foundBytes: number, maxBytes: number): string {
  const toMiB = (bytes: number): number => Math.round(bytes / 1_048_576)
  return (
    `Its process took ${toMiB(foundBytes)} MiB of memory, at most ${toMiB(maxBytes)} are allowed: it was ended. ` +
    'Work through less at a time, or raise "jobs.processMemoryMiBMax" of the worker.'
  )
}
