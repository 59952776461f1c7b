import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { createStopSignal } from '../../stop-signal.ts'

/**
 * Saves something that changes often: never twice at once, the latest state last, again and again until it is saved.
 *
 * Promises: `flush` resolves when what was asked before it is saved, or when it was told to stop. A `lost-leadership`
 * ends it.
 */
export interface KeptSaved {
  /** At once, or within `soonMs` where it is only for the case that this process dies. */
  save(urgency: 'now' | 'soon'): void
  flush(): Promise<void>
  /** Another leader has it: nothing is saved any more. */
  isLost(): boolean
  stop(): Promise<void>
}

const soonMs = 3_000
const againMs = 500

export function keepSaved(options: {
  readonly save: () => Promise<void>
  readonly onLostLeadership: () => void
  readonly clock: Clock
  readonly log: Log
}): KeptSaved {
  const { clock, log } = options
  const signal = createStopSignal(clock)
  let isWanted = false
  let isLost = false
  let cancelSoon: (() => void) | undefined
  let saving: Promise<void> = Promise.resolve()
  let isSaving = false

  const saveAll = async (): Promise<void> => {
    while (isWanted && !isLost) {
      isWanted = false
      try {
        await options.save()
      } catch (error) {
        if (isPlatformError(error, 'lost-leadership')) return lose(error)
        if (signal.isStopped) return
        isWanted = true
        log.warning(`the state of a rebuild is not saved yet: ${describeError(error)}`)
        await signal.pause(againMs)
      }
    }
  }
  const lose = (error: Error): void => {
    isLost = true
    log.warning(error.message)
    options.onLostLeadership()
  }

  const begin = (): void => {
    cancelSoon?.()
    cancelSoon = undefined
    isWanted = true
    if (isSaving) return
    isSaving = true
    saving = saveAll().finally(() => {
      isSaving = false
    })
  }

  return {
    save: (urgency) => {
      if (urgency === 'now') begin()
      else cancelSoon ??= clock.after(soonMs, begin)
    },
    flush: async () => {
      if (cancelSoon) begin()
      await saving
    },
    isLost: () => isLost,
    stop: async () => {
      if (cancelSoon) begin()
      signal.stop()
      await saving
    },
  }
}
