import type { Clock } from '#kernel/clock.ts'
import { outboxVersion } from '../protocol/protocol-version.ts'
import type { DeviceReport } from '../protocol/up.ts'

export type DeviceFigures = Omit<DeviceReport, 'k' | 'at'>

/**
 * Tells the service how this device stands: the newest figures, seldom.
 *
 * Promises: what was told last is told again after every reconnect; at most one frame in `reportPauseMs`; nothing to a
 * service that does not know of devices' outboxes.
 */
export interface DeviceReporter {
  report(figures: DeviceFigures): void
  onOnline(version: number): void
  onOffline(): void
  close(): void
}

const reportPauseMs = 2_000

export function createDeviceReporter(options: {
  readonly clock: Clock
  send(head: DeviceReport): boolean
}): DeviceReporter {
  const { clock, send } = options
  let figures: DeviceFigures | undefined
  let isHeard = false
  let isTold = true
  let cancelPause: (() => void) | undefined

  const tell = (): void => {
    if (!isHeard || isTold || figures === undefined || cancelPause) return
    isTold = send({ k: 'device', ...figures, at: clock.now() })
    cancelPause = clock.after(reportPauseMs, () => {
      cancelPause = undefined
      tell()
    })
  }
  const stopPausing = (): void => {
    cancelPause?.()
    cancelPause = undefined
  }

  return {
    report: (next) => {
      figures = next
      isTold = false
      tell()
    },
    onOnline: (version) => {
      isHeard = version >= outboxVersion
      isTold = false
      stopPausing()
      tell()
    },
    onOffline: () => {
      isHeard = false
      stopPausing()
    },
    close: () => {
      isHeard = false
      stopPausing()
    },
  }
}
