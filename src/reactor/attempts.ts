import type { RecordedEvent } from '#event-store/event-store.ts'
import { upcastEvent } from '#event-store/upcast.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { toReadEvent } from '#projection/projected-event.ts'
import { type ReactorCase, reactorId } from './define-reactor.ts'
import { createEffects } from './effects.ts'
import type { ReactorOptions } from './reactor-options.ts'

/** How one try went. `stopped`: it did not begin, or was cut off by a stop; nothing is known, and nothing counted. */
export type Outcome =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'failed'; readonly words: string; readonly isFinal: boolean }
  | { readonly outcome: 'stopped' }

/**
 * Runs a reactor's handlers, so many at a time, each with a deadline.
 *
 * Promises: `attempt` rejects only with `lost-leadership` or when the journal cannot be reached, and no effect has begun
 * then; a handler begins only while this leadership was confirmed within the last second; `stop` begins nothing more,
 * and returns when the handlers under way have ended, or were told to and given up.
 */
export interface Attempts {
  attempt(event: RecordedEvent, tryNumber: number): Promise<Outcome>
  /** Somebody compared the epoch just now. */
  confirm(): void
  runningCount(): number
  stop(graceMs: number): Promise<void>
}

const confirmMs = 1_000

export function createAttempts(
  options: Pick<ReactorOptions, 'definition' | 'journal' | 'push' | 'submit' | 'clock' | 'log'> & {
    readonly onChange: () => void
  },
): Attempts {
  const { definition, journal, push, submit, clock, log, onChange } = options
  const reactor = reactorId(definition)
  const cases = new Map(definition.on.map((entry) => [entry.type, entry]))
  const waiting: Deferred<void>[] = []
  const running = new Map<AbortController, Promise<Outcome>>()
  let taken = 0
  let isStopping = false
  let confirmedAt = clock.now()
  let confirming: Promise<void> | undefined

  const acquire = async (): Promise<void> => {
    if (taken < definition.concurrency) {
      taken++
      return
    }
    const turn = createDeferred()
    waiting.push(turn)
    await turn.promise
  }
  const release = (): void => {
    const next = waiting.shift()
    if (next) next.resolve()
    else taken--
  }

  /** What a leader that lost its lock without noticing may still begin: a second's worth. */
  const assertLeading = async (): Promise<void> => {
    if (Math.abs(clock.now() - confirmedAt) < confirmMs) return
    confirming ??= journal.assertOurs().finally(() => {
      confirming = undefined
    })
    await confirming
    confirmedAt = clock.now()
  }

  const begin = async (entry: ReactorCase, event: RecordedEvent, tryNumber: number): Promise<Outcome> => {
    const read = toReadEvent(event, upcastEvent)
    if (read.failure !== undefined) return { outcome: 'failed', words: read.failure, isFinal: true }
    const controller = new AbortController()
    const cancel = clock.after(definition.retry.timeoutMs, () => controller.abort(tooLate(definition.retry.timeoutMs)))
    const { signal } = controller
    const effects = createEffects({ reactor, event, tryNumber, signal, push, submit, log })
    const outcome = untilAborted(signal, async () => entry.react(read.event, effects)).then(
      (): Outcome => ({ outcome: 'done' }),
      (error: unknown): Outcome => toOutcome(signal, error),
    )
    running.set(controller, outcome)
    onChange()
    return outcome.finally(() => {
      cancel()
      running.delete(controller)
      // What the handler left running by mistake hears that its time is over.
      controller.abort()
      onChange()
    })
  }

  return {
    attempt: async (event, tryNumber) => {
      const entry = cases.get(event.type)
      if (!entry) return { outcome: 'done' }
      await acquire()
      try {
        if (!isStopping) await assertLeading()
        return isStopping ? { outcome: 'stopped' } : await begin(entry, event, tryNumber)
      } finally {
        release()
      }
    },
    confirm: () => {
      confirmedAt = clock.now()
    },
    runningCount: () => running.size,
    stop: async (graceMs) => {
      isStopping = true
      const abortAll = (): void => {
        for (const controller of running.keys()) controller.abort(stopped())
      }
      if (graceMs <= 0) abortAll()
      const cancel = clock.after(graceMs, abortAll)
      await Promise.all(running.values())
      cancel()
    },
  }
}

/** A handler that does not heed its signal is left behind, not waited for. */
async function untilAborted(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const aborted = createDeferred<never>()
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true })
  aborted.promise.catch(() => undefined)
  await Promise.race([work(), aborted.promise])
}

function toOutcome(signal: AbortSignal, error: unknown): Outcome {
  const isStop = signal.aborted && isPlatformError(signal.reason, 'lost-leadership')
  return isStop ? { outcome: 'stopped' } : { outcome: 'failed', words: describeError(error), isFinal: false }
}

function tooLate(timeoutMs: number): PlatformError {
  return new PlatformError('timeout', `The effect was not there after ${timeoutMs} ms.`)
}

function stopped(): PlatformError {
  return new PlatformError('lost-leadership', 'This process stops, or leads no more.')
}
