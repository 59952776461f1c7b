/** How large the store is, with what was appended since it was last looked at. */
import type { Clock } from '#kernel/clock.ts'
import type { StoreSize } from '../upkeep/store-size.ts'
import type { FurtherFigures } from './statistics-report.ts'

export type SizeFiguresOptions = {
  readonly measure: () => Promise<StoreSize>
  /** Since the start. */
  readonly appendedCount: () => number
  readonly removedCount: () => number
  readonly streamCount: () => number
  readonly clock: Clock
}

/** Counting events reads some of the file; between two counts the appends and removals are known anyway. */
const countedForMs = 60_000

export function createSizeFigures({ measure, appendedCount, removedCount, streamCount, clock }: SizeFiguresOptions) {
  let counted: Promise<{ readonly size: StoreSize; readonly changes: number }> | undefined
  let countedAt = Number.NEGATIVE_INFINITY
  const changes = (): number => appendedCount() - removedCount()

  const count = async () => {
    const before = changes()
    const size = await measure()
    return { size, changes: before }
  }

  return async (): Promise<FurtherFigures> => {
    if (counted === undefined || clock.now() - countedAt > countedForMs) {
      countedAt = clock.now()
      counted = count()
      // A failure is met by whoever waits for it, and the next one who asks counts again.
      counted.catch(() => {
        counted = undefined
      })
    }
    const { size, changes: then } = await counted
    return {
      'es-log-eventCount': Math.max(0, size.eventCount + changes() - then),
      'es-log-streamCount': streamCount(),
    }
  }
}
