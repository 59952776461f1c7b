/**
 * Keeps one part running: launches it, and launches it again when it ends, until told to stop.
 *
 *     launching --> running --> (ended) --> waiting --> launching
 *      ^  `----------------------------------^
 *      `--- (restart: stopped, then launched at once)
 *
 * Promises: `whenReady` settles at the first readiness, or when stopped before; waits double with each early end and
 * start over after `forgivenAfterMs` of running; after `stop` has settled nothing of it runs any more.
 */
import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'

export type Ended = { readonly code: number | string | null; readonly words: string }

/** Something that runs and was ready. */
export type Running = {
  readonly url: string
  readonly pid: number | null
  /** Settles when it ended, wanted or not. Never rejects. */
  readonly ended: Promise<Ended>
  /** Settles when it is gone. */
  stop(): Promise<void>
}

export type KeepRunningOptions = {
  /** Settles when ready. Rejects when it ended before, or when aborted; nothing of it runs then. */
  readonly launch: (abort: AbortSignal) => Promise<Running>
  readonly onReady: (running: Running) => void
  readonly onDown: (ended: Ended, restartInMs: number) => void
  readonly restart: { readonly firstDelayMs: number; readonly delayMsMax: number; readonly forgivenAfterMs: number }
  readonly clock: Clock
  readonly random: Random
}

export type Kept = {
  readonly whenReady: Promise<void>
  /** Stops what runs and launches it again at once. Nothing where it is being launched, or is about to be. */
  restart(): void
  stop(): Promise<void>
}

export function keepRunning(options: KeepRunningOptions): Kept {
  const { clock, random, restart: pace } = options
  const ready = createDeferred()
  const abort = new AbortController()
  let attempt = 0
  let restart = (): void => undefined

  const runOnce = async (): Promise<Ended | 'restarted' | undefined> => {
    try {
      const running = await options.launch(abort.signal)
      const readyAt = clock.now()
      const restarted = createDeferred<'restarted'>()
      restart = () => restarted.resolve('restarted')
      options.onReady(running)
      ready.resolve()
      const ended = await Promise.race([running.ended, aborted(abort.signal), restarted.promise])
      if (ended === 'aborted') return await running.stop().then(() => undefined)
      if (ended === 'restarted') return await running.stop().then(() => ended)
      if (clock.now() - readyAt >= pace.forgivenAfterMs) attempt = 0
      return ended
    } catch (error) {
      return { code: null, words: describeError(error) }
    } finally {
      restart = () => undefined
    }
  }
  const loop = async () => {
    while (!abort.signal.aborted) {
      const ended = await runOnce()
      if (ended === undefined || abort.signal.aborted) break
      if (ended === 'restarted') {
        attempt = 0
        continue
      }
      const restartInMs = backOffMs(attempt++, random, pace.firstDelayMs, pace.delayMsMax)
      options.onDown(ended, restartInMs)
      await pauseUnlessAborted(clock, restartInMs, abort.signal)
    }
    ready.resolve()
  }
  const finished = loop()
  return {
    whenReady: ready.promise,
    restart: () => restart(),
    stop: () => {
      abort.abort()
      return finished
    },
  }
}

function aborted(signal: AbortSignal): Promise<'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted')
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }))
}

function pauseUnlessAborted(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(delayMs, resolve)
    void aborted(signal).then(() => {
      cancel()
      resolve()
    })
  })
}
