import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'

type Work = () => Promise<void> | void

/**
 * All that one part has begun through its context, so that it ends with the part.
 *
 * Promises: after `end` no timer of the part fires, its stop handlers have run, the last one first, and what was under way
 * has settled, or is named: a part that does not stop holds nobody up longer than the bound. A piece of work that throws is
 * logged and counted, and ends nothing else.
 */
export interface PartScope {
  readonly signal: AbortSignal
  /** Time for the part: its timers are among those that end. */
  readonly clock: Clock
  /** Throws `unavailable` once the part stops. */
  assertOpen(what: string): void
  every(ms: number, work: Work): () => void
  after(ms: number, work: Work): () => void
  /** Once the part stops, the work is done at once, and `unavailable` is thrown. */
  onStop(work: Work): void
  /** Lets the end wait for something that came from outside, such as a request. */
  track<T>(what: string, work: () => Promise<T> | T): Promise<T>
  /** The same for work of the part's own; never rejects: what it throws is logged and counted. */
  attempt(what: string, work: Work): Promise<void>
  /** Something of the part failed elsewhere. */
  countFailure(): void
  /** The names of what did not end in time; none when all is over. */
  end(): Promise<readonly string[]>
  /** Resolves when, after the end, nothing is under way any more; never, when something hangs for good. */
  over(): Promise<void>
  counts(): PartCounts
}

export type PartCounts = {
  readonly timers: number
  readonly stopHandlers: number
  /** Pieces of work under way. */
  readonly working: number
  /** Pieces of work of timers that threw, since the part started. */
  readonly failures: number
  /** Turns of `every` left out because the one before had not ended. */
  readonly skipped: number
}

/** The longest wait that a timer of the runtime takes. */
const delayMsMax = 2_147_483_647

export function createPartScope(options: { clock: Clock; log: Log; stopMsMax: number }): PartScope {
  const { clock, log, stopMsMax } = options
  const controller = new AbortController()
  const timers = new Set<() => void>()
  const stopHandlers: Work[] = []
  const working = new Map<symbol, { readonly what: string; readonly settled: Promise<void> }>()
  let failures = 0
  let skipped = 0
  let isEnding = false
  let ended: Promise<readonly string[]> | undefined

  const assertOpen = (what: string): void => {
    if (isEnding) throw new PlatformError('unavailable', `The part is stopping: ${what} is refused from now on.`)
  }

  const track = async <T>(what: string, work: () => Promise<T> | T): Promise<T> => {
    const key = Symbol(what)
    const running = Promise.resolve().then(work)
    working.set(key, { what, settled: running.then(ignore, ignore) })
    try {
      return await running
    } finally {
      working.delete(key)
    }
  }

  const attempt = (what: string, work: Work): Promise<void> =>
    track(what, work).catch((error: unknown) => {
      failures++
      log.error(`${what} failed: ${describeError(error)}`, { error })
    })

  const startTimer = (what: string, delayMs: number, work: () => void): (() => void) => {
    assertOpen(what)
    if (!(delayMs >= 0 && delayMs <= delayMsMax))
      throw new PlatformError('bad-input', `${what} was asked for with ${delayMs} ms: wanted 0 to ${delayMsMax}.`)
    const stop = clock.after(delayMs, () => {
      timers.delete(cancel)
      work()
    })
    const cancel = (): void => {
      timers.delete(cancel)
      stop()
    }
    timers.add(cancel)
    return cancel
  }

  const every = (ms: number, work: Work): (() => void) => {
    const what = `work of every ${ms} ms`
    if (!(ms >= 1)) throw new PlatformError('bad-input', `${what} was asked for: wanted at least 1 ms.`)
    let isWorking = false
    const turn = (): void => {
      cancel = startTimer(what, ms, turn)
      if (isWorking) {
        skipped++
        return
      }
      isWorking = true
      void attempt(what, work).then(() => {
        isWorking = false
      })
    }
    let cancel = startTimer(what, ms, turn)
    return () => cancel()
  }

  const runStopHandlers = async (): Promise<void> => {
    for (let work = stopHandlers.pop(); work; work = stopHandlers.pop()) await attempt('a stop handler', work)
  }

  const settled = async (): Promise<void> => {
    while (working.size > 0) await Promise.all([...working.values()].map((one) => one.settled))
  }

  const end = async (): Promise<readonly string[]> => {
    isEnding = true
    controller.abort(new PlatformError('unavailable', 'The part is stopping.'))
    for (const cancel of timers) cancel()
    // What is under way may still use what the stop handlers close; half of the time is theirs.
    await within(clock, stopMsMax / 2, settled())
    await within(clock, stopMsMax / 2, runStopHandlers().then(settled))
    const left = [...working.values()].map(({ what }) => what)
    return stopHandlers.length > 0
      ? [...left, `${stopHandlers.length} stop handlers that did not get their turn`]
      : left
  }

  const { signal } = controller
  return {
    signal,
    clock: {
      now: clock.now,
      after: (delayMs, work) => startTimer('a timer', delayMs, () => void attempt('a timer', work)),
    },
    assertOpen,
    every,
    after: (ms, work) => {
      const what = `work after ${ms} ms`
      return startTimer(what, ms, () => void attempt(what, work))
    },
    onStop: (work) => {
      if (!isEnding) return void stopHandlers.push(work)
      // A start that was given up, or whatever else comes late, has opened something that nobody else knows of.
      void attempt('a stop handler', work)
      assertOpen('a stop handler')
    },
    track,
    attempt,
    countFailure: () => void failures++,
    end: () => {
      ended ??= end()
      return ended
    },
    over: async () => {
      await ended
      await settled()
    },
    counts: () => ({
      timers: timers.size,
      stopHandlers: stopHandlers.length,
      working: working.size,
      failures,
      skipped,
    }),
  }
}

/** Waits for the work, but no longer than that. */
async function within(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  let cancel = (): void => undefined
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve)
  })
  await Promise.race([work, late])
  cancel()
}

const ignore = (): void => undefined
