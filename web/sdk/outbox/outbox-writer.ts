import type { Clock } from '#kernel/clock.ts'
import type { OutboxChange, OutboxStore } from '../device-store/device-store.ts'
import type { OutboxRecord } from '../device-store/outbox-record.ts'

/**
 * Brings what became of actions to the store: all that comes while one write is under way goes with the next.
 *
 * Promises: in the order given; tried again until the store takes it or is closed. A kill loses what is not written, and then
 * the same is asked of logic again and answered the same (E2).
 */
export interface OutboxWriter {
  write(change: OutboxChange): void
  close(): void
}

const batchCountMax = 500
const retryMs = 2_000

export function createOutboxWriter(options: {
  readonly store: Pick<OutboxStore, 'change'>
  readonly clock: Clock
  onWritten(records: readonly OutboxRecord[]): void
  /** These stood otherwise than the changes were for: somebody else was first. */
  onSkipped(ids: readonly string[]): void
}): OutboxWriter {
  const { store, clock } = options
  let waiting: OutboxChange[] = []
  let isWriting = false
  let isClosed = false
  let cancelRetry: () => void = () => undefined

  return {
    write: (change) => {
      waiting.push(change)
      if (!isWriting) void flush()
    },
    close: () => {
      isClosed = true
      cancelRetry()
    },
  }

  async function flush(): Promise<void> {
    isWriting = true
    // What is decided in the same turn goes together.
    await undefined
    while (waiting.length > 0 && !isClosed) {
      const batch = waiting.slice(0, batchCountMax)
      try {
        const written = await store.change(batch)
        waiting = waiting.slice(batch.length)
        options.onWritten(written.filter((record) => record !== undefined))
        const skipped = batch.flatMap(({ id }, index) => (written[index] === undefined ? [id] : []))
        if (skipped.length > 0) options.onSkipped(skipped)
      } catch {
        // A full device has room when something was sent; one that was closed is written by nobody.
        if (!isClosed)
          await new Promise<void>((resolve) => {
            cancelRetry = clock.after(retryMs, resolve)
          })
      }
    }
    isWriting = false
  }
}
