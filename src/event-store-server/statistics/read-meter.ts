import type { SlowRead } from './slow-reads.ts'
import type { Statistics } from './statistics.ts'

/** What was read, as far as a person cares. */
export type MeteredRead = {
  readonly source:
    | { readonly kind: 'stream'; readonly streamName: string; readonly from: number | string }
    | { readonly kind: 'all'; readonly from: number | string }
  readonly direction: SlowRead['direction']
  readonly peer: string
}

/** Counts one read, and remembers it when it was slow. The time its reader let it wait is taken off. */
export function meterRead(statistics: Statistics, { source, direction, peer }: MeteredRead) {
  const beganAt = performance.now()
  statistics.totals.reads++
  return {
    end: (
      { sentCount, waitedMs }: { readonly sentCount: number; readonly waitedMs: number },
      endedAt: number,
    ): void => {
      const lengthMs = Math.max(0, performance.now() - beganAt - waitedMs)
      if (!statistics.slowReads.isSlow(lengthMs)) return
      statistics.slowReads.add({
        source: source.kind === 'all' ? '$all' : source.streamName,
        direction,
        from: String(source.from),
        eventCount: sentCount,
        lengthMs: Math.round(lengthMs * 10) / 10,
        endedAt,
        peer,
      })
    },
  }
}
