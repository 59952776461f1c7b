import type { Clock } from '#kernel/clock.ts'
import type { DeviceFigures } from '#vortex/client/device-reporter.ts'
import type { OutboxFigures } from './device-store/device-store.ts'

/**
 * Tells the office how this device stands: how far its actions are numbered and done with, how many wait, what is kept.
 *
 * Promises: at once when something begins to wait or nothing does any more, otherwise seldom; figures are the store's own,
 * read when they are told. Nothing breaks where the store or the browser says nothing: then less is told.
 */
export interface DeviceReport {
  close(): void
}

export type DeviceReportOptions = {
  /** Calls when actions of this device changed. */
  readonly onChange: (listener: () => void) => () => void
  readonly figures: () => Promise<OutboxFigures>
  readonly report: (figures: DeviceFigures) => void
  readonly build: string
  /** Selectors kept on the device. */
  readonly cachedCount: () => Promise<number>
  /** Of the browser: what is used and what there is, where it says so. */
  readonly estimate: () => Promise<{ readonly usage?: number | undefined; readonly quota?: number | undefined }>
  /**
   * One life of what is kept here. Read each time: of tabs that begin together the one that wrote it last is right. Undefined
   * where that ends with the page; null where it cannot be read just now: another id would say that all of it is lost.
   */
  readonly storageId: () => Promise<string | null | undefined>
  readonly clock: Clock
  readonly makeUuid: () => string
}

/** Between two reports that change no more than figures. */
const changedPauseMs = 10_000
/** Without any change of actions: what is kept and how much room there is changes too. */
const unchangedPauseMs = 5 * 60_000

export function startDeviceReport(options: DeviceReportOptions): DeviceReport {
  const { clock } = options
  const pageStorage = options.makeUuid()
  let told: OutboxFigures | undefined
  let toldAt = Number.NEGATIVE_INFINITY
  let cancel = (): void => undefined
  let isLooking = false
  let isAsked = false
  let isClosed = false

  const wait = (lengthMs: number): void => {
    cancel()
    if (!isClosed) cancel = clock.after(Math.max(0, lengthMs), () => void look(true))
  }

  const look = async (isDue: boolean): Promise<void> => {
    if (isLooking) {
      isAsked = true
      return
    }
    isLooking = true
    try {
      const figures = await options.figures()
      const sinceMs = clock.now() - toldAt
      if (isDue || !told || isTurn(told, figures) || sinceMs >= changedPauseMs) {
        await tell(figures)
        wait(unchangedPauseMs)
      } else if (!isSame(told, figures)) wait(changedPauseMs - sinceMs)
    } catch {
      // A store that is closed or full of trouble: the page says so itself, and it is asked again.
      wait(unchangedPauseMs)
    } finally {
      isLooking = false
    }
    if (!isAsked || isClosed) return
    isAsked = false
    void look(false)
  }

  const tell = async (figures: OutboxFigures): Promise<void> => {
    const nothing: Awaited<ReturnType<typeof options.estimate>> = {}
    const [{ usage, quota }, storage = pageStorage, cached] = await Promise.all([
      options.estimate().catch(() => nothing),
      options.storageId(),
      options.cachedCount(),
    ])
    if (isClosed) return
    told = figures
    toldAt = clock.now()
    options.report({
      announced: figures.highestSeq,
      acked: figures.ackedSeq,
      unsent: figures.unsentCount,
      attention: figures.attentionCount,
      build: options.build,
      cached,
      ...(usage !== undefined && { storageUsed: Math.round(usage) }),
      ...(quota !== undefined && { storageQuota: Math.round(quota) }),
      ...(storage !== null && { storage }),
    })
  }

  const stopListening = options.onChange(() => void look(false))
  void look(true)
  return {
    close: () => {
      isClosed = true
      stopListening()
      cancel()
    },
  }
}

/** Something begins to wait or nothing does any more: whoever looks after devices should not hear that late. */
function isTurn(before: OutboxFigures, now: OutboxFigures): boolean {
  const isZeroChanged = (name: 'unsentCount' | 'attentionCount'): boolean => (before[name] === 0) !== (now[name] === 0)
  return isZeroChanged('unsentCount') || isZeroChanged('attentionCount')
}

function isSame(before: OutboxFigures, now: OutboxFigures): boolean {
  return (
    before.highestSeq === now.highestSeq &&
    before.ackedSeq === now.ackedSeq &&
    before.unsentCount === now.unsentCount &&
    before.attentionCount === now.attentionCount
  )
}
