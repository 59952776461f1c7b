/**
 * Moves the write-ahead log into the database when nobody appends, so that a commit never has to.
 * Under appends without a pause it does so anyway once the log has grown large: late, but bounded.
 */
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Storage } from '../storage/storage.ts'

export type CheckpointTimerOptions = { readonly storage: Storage; readonly clock: Clock; readonly log: Log }

const idleMs = 50
const worthwhileBytes = 1_048_576
const overdueBytes = 64 * 1_048_576

export class CheckpointTimer {
  private readonly options: CheckpointTimerOptions
  private cancel: (() => void) | undefined
  private hasCommittedSince = false

  constructor(options: CheckpointTimerOptions) {
    this.options = options
  }

  afterCommit(): void {
    this.hasCommittedSince = true
    const { uncheckpointedBytes } = this.options.storage
    if (this.cancel) return
    if (uncheckpointedBytes > overdueBytes) this.arm(0)
    else if (uncheckpointedBytes > worthwhileBytes) this.arm(idleMs)
  }

  stop(): void {
    this.cancel?.()
    this.cancel = undefined
  }

  /** Even an overdue checkpoint waits for a turn of its own: those who were just committed get their answers first. */
  private arm(delayMs: number): void {
    this.hasCommittedSince = false
    this.cancel = this.options.clock.after(delayMs, () => {
      this.cancel = undefined
      if (this.hasCommittedSince && this.options.storage.uncheckpointedBytes < overdueBytes) this.arm(idleMs)
      else this.checkpoint()
    })
  }

  private checkpoint(): void {
    try {
      this.options.storage.checkpoint()
    } catch (error) {
      this.options.log.warning('A checkpoint of the write-ahead log failed; it is tried again', {
        reason: describeError(error),
      })
    }
  }
}
