import { backOffMs } from '#kernel/back-off.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import type { Position } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'
import {
  assertUnderWay,
  broke,
  change,
  end,
  enter,
  hear,
  type RebuildRecord,
  type Steering,
  steer,
} from '#projection/rebuild/rebuild-machine.ts'
import type { FromRebuilder, ToRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import { isOver } from '#projection/rebuild/rebuild-state.ts'
import type { Met, SwapOutcome } from '#projection/rebuild/swap-in.ts'
import type { Rebuilder } from '../../rebuilder/start-rebuilder.ts'
import { createStopSignal } from '../../stop-signal.ts'
import { keepSaved } from './keep-saved.ts'

/** What one rebuild needs from around it. */
export type RebuildWork = {
  /** Starts its process with what the record says. */
  begin(record: RebuildRecord, onMessage: (message: FromRebuilder) => void): Rebuilder
  /** The meeting and the swap; `done` is the record to save in the transaction that swaps. */
  swap(options: {
    readonly closeAt: Position
    readonly meet: (position: Position) => Promise<Met>
    readonly done: RebuildRecord
  }): Promise<SwapOutcome>
  save(record: RebuildRecord): Promise<void>
  /** After its end: the shadow goes, and the log hears how it went. Safe to do twice. */
  cleanUp(record: RebuildRecord): Promise<void>
}

/**
 * One rebuild under way on the logic that leads: its process, started again when it dies, the meeting, and the state that
 * the next leader goes on with.
 *
 * Promises: every change of phase is saved at once; `stop` ends the process and keeps the state; `finished` resolves when
 * nothing of it runs any more here.
 */
export interface RunningRebuild {
  record(): RebuildRecord
  /** Throws `bad-input` for what cannot be asked now. */
  check(steering: Steering): void
  /** The same; resolves when it is saved. */
  steer(steering: Steering): Promise<void>
  /** Waits for a meeting under way, after which it may be too late to cancel. Throws `timeout` when that takes long. */
  meetingOver(): Promise<void>
  /** After a meeting that is under way. */
  cancel(): Promise<void>
  /** How live work fares. */
  tellLoad(load: { readonly lagMs: number; readonly loopDelayMs: number }): void
  readonly finished: Promise<void>
  stop(): Promise<void>
}

const cleanUpAgainMs = 5_000
/** A meeting takes a moment, unless a store is away. */
const cancelWaitMsMax = 8_000

export function startRunningRebuild(options: {
  readonly record: RebuildRecord
  readonly work: RebuildWork
  readonly onLostLeadership: () => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}): RunningRebuild {
  const { work, clock, random, log } = options
  const signal = createStopSignal(clock)
  let record = options.record
  let child: Rebuilder | undefined
  let meeting: Promise<void> | undefined
  let answer: Deferred<Met> | undefined
  /** The swap's own transaction saves the end: until it is known how that went, nothing else may. */
  let isSwapping = false
  let wake = createDeferred<void>()

  const saved = keepSaved({
    save: async () => {
      if (!isSwapping) await work.save(record)
    },
    onLostLeadership: options.onLostLeadership,
    clock,
    log,
  })

  const update = (next: RebuildRecord): void => {
    if (next === record) return
    const isNews = next.state.phase !== record.state.phase || next.state.error !== record.state.error
    record = next
    if (next.state.error !== null && isNews) log.warning(`rebuild: ${next.state.error}`)
    saved.save(isNews ? 'now' : 'soon')
    wake.resolve()
  }

  const onMessage = (message: FromRebuilder): void => {
    update(hear(record, message, clock.now()))
    if (message.kind === 'met') answer?.resolve(message)
    if (message.kind === 'close' && !meeting && !isOver(record.state.phase))
      meeting = meet(message.position).finally(() => {
        meeting = undefined
      })
  }

  const meet = async (closeAt: Position): Promise<void> => {
    update(enter(record, 'swapping'))
    await saved.flush()
    isSwapping = true
    try {
      const outcome = await work.swap({ closeAt, meet: askToMeet, done: end(record, 'done', clock.now()) })
      isSwapping = false
      if (outcome.outcome === 'swapped')
        return update(change(end(record, 'done', clock.now()), { swapMs: outcome.swapMs, position: outcome.position }))
      log.info(`the meeting was put off: ${outcome.words}`)
    } catch (error) {
      // An outcome that is not known stays as it was saved: the next leader looks.
      if (signal.isStopped) return
      if (isPlatformError(error, 'lost-leadership')) return options.onLostLeadership()
      isSwapping = false
      update(broke(record, toFailure(error), clock.now()))
    } finally {
      answer = undefined
    }
    // What was steered meanwhile was kept from being saved.
    saved.save('now')
    child?.tell({ kind: 'part' })
  }

  const askToMeet = (position: Position): Promise<Met> => {
    answer = createDeferred<Met>()
    answer.promise.catch(() => undefined)
    if (child) child.tell({ kind: 'meet', position })
    else answer.reject(childGone())
    return answer.promise
  }

  /** Until its process ends, for whatever reason. */
  const runChild = async (): Promise<void> => {
    let hasFailed = false
    const running = work.begin(record, (message) => {
      hasFailed ||= message.kind === 'failed'
      onMessage(message)
    })
    child = running
    const isDead = running.ended.then((ending) => ({ ending }))
    for (;;) {
      wake = createDeferred()
      const shallEnd = signal.isStopped || isOver(record.state.phase) || hasFailed
      const outcome = shallEnd ? undefined : await Promise.race([isDead, wake.promise])
      if (outcome === undefined && !shallEnd) continue
      child = undefined
      if (shallEnd) await running.stop()
      answer?.reject(childGone())
      await meeting
      if (outcome && !hasFailed && !signal.isStopped) {
        const { code, words } = outcome.ending
        const because = words ? `: ${words}` : ''
        update(broke(record, { errorKind: 'died', words: `Its process ended with ${code}${because}` }, clock.now()))
      }
      return
    }
  }

  const loop = async (): Promise<void> => {
    while (!signal.isStopped && !isOver(record.state.phase)) {
      // Broken in a way that only a person can help: nothing runs until somebody says so.
      if (record.state.isPaused && record.state.error !== null) {
        wake = createDeferred()
        await wake.promise
        continue
      }
      await runChild()
      if (signal.isStopped || isOver(record.state.phase)) break
      await signal.pause(backOffMs(record.failureCount, random))
    }
    await saved.flush()
    while (!signal.isStopped && !saved.isLost()) {
      try {
        return await work.cleanUp(record)
      } catch (error) {
        if (isPlatformError(error, 'lost-leadership')) return options.onLostLeadership()
        log.info(`what a rebuild left behind is seen to later: ${describeError(error)}`)
        await signal.pause(cleanUpAgainMs)
      }
    }
  }
  const finished = loop().catch((error: unknown) => log.error(`a rebuild broke: ${describeError(error)}`))

  const meetingOver = async (): Promise<void> => {
    await Promise.race([meeting, pause(clock, cancelWaitMsMax)])
    if (meeting) throw swapsJustNow(record)
  }
  const tell = (message: ToRebuilder): void => child?.tell(message)

  return {
    record: () => record,
    check: (steering) => void steer(record, steering),
    steer: async (steering) => {
      update(steer(record, steering))
      tell(steering)
      saved.save('now')
      await saved.flush()
    },
    meetingOver,
    cancel: async () => {
      await meetingOver()
      assertUnderWay(record.state)
      update(end(record, 'cancelled', clock.now()))
      await saved.flush()
    },
    tellLoad: (load) => tell({ kind: 'live', ...load }),
    finished,
    stop: async () => {
      signal.stop()
      wake.resolve()
      await finished
      await saved.stop()
    },
  }
}

function childGone(): PlatformError {
  return new PlatformError('unavailable', 'The process that rebuilds ended before the meeting.')
}

function swapsJustNow({ state }: RebuildRecord): PlatformError {
  const words = `The swap of ${state.projection} is under way just now: look again shortly, and cancel it then if it is not done.`
  return new PlatformError('timeout', words)
}

function toFailure(error: unknown): { readonly errorKind: string; readonly words: string } {
  return { errorKind: isPlatformError(error) ? error.kind : 'internal', words: describeError(error) }
}
