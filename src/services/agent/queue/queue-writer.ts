import type { Clock } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { QueueFile } from './queue-file.ts'
import type { QueuedAction, RefusedAction } from './queued-action.ts'

/**
 * Brings what changes to the disk: all that comes together in one commit, since a commit costs the same for one and for a
 * hundred.
 *
 * Promises: `put` resolves when it is on the disk and rejects when it is not; what is removed and refused follows shortly
 * after, and as long as it takes: until then a crash only makes it be sent again, which takes effect once (E2).
 */
export interface QueueWriter {
  put(action: QueuedAction, body: string): Promise<void>
  remove(sequence: number): void
  refuse(action: RefusedAction): void
  /** Why the disk does not take anything just now. */
  trouble(): string | undefined
  /** Writes what is left, as far as the disk lets it. */
  close(): void
}

type Waiting = { readonly action: QueuedAction; readonly body: string; readonly written: Deferred<void> }

/** Removals wait for company; a put takes them along. */
const removalDelayMs = 20
const retryDelayMs = 1_000

export function createQueueWriter(options: { file: QueueFile; clock: Clock; log: Log }): QueueWriter {
  const { file, clock, log } = options
  let puts: Waiting[] = []
  let removed: number[] = []
  let refused: RefusedAction[] = []
  let trouble: string | undefined
  let isPutPlanned = false
  let isClosed = false
  let cancelRemoval: (() => void) | undefined

  return {
    put: (action, body) => {
      const written = createDeferred<void>()
      puts.push({ action, body, written })
      if (!isPutPlanned) setImmediate(flush)
      isPutPlanned = true
      return written.promise
    },
    remove: (sequence) => {
      removed.push(sequence)
      planRemoval(removalDelayMs)
    },
    refuse: (action) => {
      refused.push(action)
      planRemoval(removalDelayMs)
    },
    trouble: () => trouble,
    close: () => {
      flush()
      isClosed = true
      cancelRemoval?.()
    },
  }

  function planRemoval(delayMs: number): void {
    if (isClosed) return
    cancelRemoval ??= clock.after(delayMs, () => {
      cancelRemoval = undefined
      flush()
    })
  }

  function flush(): void {
    isPutPlanned = false
    if (isClosed) return
    const batch = puts
    puts = []
    if (batch.length === 0 && removed.length === 0 && refused.length === 0) return
    try {
      file.commit({ put: batch, removed, refused })
    } catch (error) {
      complain(describeError(error))
      for (const { written } of batch) written.reject(error)
      // What is done with stays so in memory; the disk learns of it later.
      if (removed.length > 0 || refused.length > 0) planRemoval(retryDelayMs)
      return
    }
    removed = []
    refused = []
    if (trouble !== undefined) log.info('the disk of the queue takes actions again')
    trouble = undefined
    for (const { written } of batch) written.resolve()
  }

  function complain(words: string): void {
    if (trouble !== words) log.error('the disk of the queue did not take what changed', { because: words })
    trouble = words
  }
}
