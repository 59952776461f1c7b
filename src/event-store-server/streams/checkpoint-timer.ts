/**
 * Takes checkpoints of the storage when nobody appends, piece by piece, so that nobody waits long for one.
 * Under appends without a pause it takes them all the same once they are overdue: late, but bounded.
 * One that fails is tried again: a full disk may refuse all appends until a checkpoint has made room in the log.
 */
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Storage } from '../storage/storage.ts'

export type CheckpointTimerOptions = { readonly storage: Storage; readonly clock: Clock; readonly log: Log }

const idleMs = 50
/** Long enough for a person who frees space on a full disk to read the warnings. */
const retryMs = 5_000

export class CheckpointTimer {
  private readonly options: CheckpointTimerOptions
  private cancel: (() => void) | undefined
  private hasCommittedSince = false

  constructor(options: CheckpointTimerOptions) {
    this.options = options
  }

  afterCommit(): void {
    this.hasCommittedSince = true
    if (this.cancel) return
    this.armIfNeeded()
  }

  stop(): void {
    this.cancel?.()
    this.cancel = undefined
  }

  private armIfNeeded(): void {
    const need = this.options.storage.checkpointNeed
    if (need !== 'none') this.arm(need === 'overdue' ? 0 : idleMs)
  }

  /** Even an overdue checkpoint waits for a turn of its own: those who were just committed get their answers first. */
  private arm(delayMs: number): void {
    this.hasCommittedSince = false
    this.cancel = this.options.clock.after(delayMs, () => {
      this.cancel = undefined
      if (this.hasCommittedSince && this.options.storage.checkpointNeed !== 'overdue') this.arm(idleMs)
      else this.checkpoint()
    })
  }

  private checkpoint(): void {
    try {
      this.options.storage.checkpoint()
      this.armIfNeeded()
    } catch (error) {
      this.options.log.warning('A checkpoint of the write-ahead log failed; it is tried again', {
        reason: describeError(error),
      })
      this.arm(retryMs)
    }
  }
}
