/**
 * Decides when a group's checkpoint is written: never for every acknowledgement, and never much too late.
 *
 * Promises: after `checkpointCountMax` handled messages at once; otherwise every `checkpointAfterMs`, when at least
 * `checkpointCountMin` were handled or none was since the last look; and at `flush`. One write at a time, always of the
 * newest place. A write that fails costs a warning and is tried again a second later, however much is handled until then:
 * a checkpoint too old only repeats messages.
 */
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { ReachStep } from '../step.ts'
import type { GroupSettings } from './group-settings.ts'

export type CheckpointerOptions = {
  readonly settings: Pick<GroupSettings, 'checkpointAfterMs' | 'checkpointCountMin' | 'checkpointCountMax'>
  readonly clock: Clock
  readonly log: Log
  readonly onStep: ReachStep
  /** Where it stands on the disk. */
  readonly saved: number
  readonly save: (place: number) => Promise<void>
  /** Where it may stand by now. */
  readonly place: () => number
}

/** So that "after 0 ms" does not mean a write in every turn. */
const checkpointAfterMsMin = 20
/** After a write that failed. */
const retryAfterMs = 1_000
/** How much a filter has passed over before that alone is worth a write. */
const skippedCountWorthwhile = 1_000

export class Checkpointer {
  private readonly options: CheckpointerOptions
  private savedPlace: number
  private handledCount = 0
  private skippedCount = 0
  private countAtLastLook = 0
  private saving: Promise<void> | undefined
  private cancelTimer: (() => void) | undefined
  private isFailing = false
  private isStopped = false

  constructor(options: CheckpointerOptions) {
    this.options = options
    this.savedPlace = options.saved
  }

  get saved(): number {
    return this.savedPlace
  }

  handled(): void {
    this.handledCount++
    const { checkpointCountMax } = this.options.settings
    const isDue = this.handledCount >= Math.max(1, checkpointCountMax)
    if (isDue && !this.isFailing && !this.saving && this.hasMoved) void this.save()
    else this.arm()
  }

  skipped(count: number): void {
    this.skippedCount += count
    if (this.skippedCount >= skippedCountWorthwhile) this.arm()
  }

  /** Writes what is not written, whatever the counts. */
  async flush(): Promise<void> {
    await this.saving
    if (this.hasMoved && this.handledCount + this.skippedCount > 0) await this.save()
  }

  stop(): void {
    this.isStopped = true
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }

  private get hasMoved(): boolean {
    return this.options.place() > this.savedPlace
  }

  private arm(afterMs = Math.max(checkpointAfterMsMin, this.options.settings.checkpointAfterMs)): void {
    if (this.cancelTimer || this.isStopped) return
    this.cancelTimer = this.options.clock.after(afterMs, () => {
      this.cancelTimer = undefined
      this.look()
    })
  }

  private tryAgainLater(): void {
    this.isFailing = true
    this.cancelTimer?.()
    this.cancelTimer = undefined
    this.arm(retryAfterMs)
  }

  private look(): void {
    if (this.isFailing && this.hasMoved && !this.saving) return void this.save()
    const isQuiet = this.handledCount === this.countAtLastLook
    this.countAtLastLook = this.handledCount
    const isEnough =
      this.skippedCount >= skippedCountWorthwhile || this.handledCount >= this.options.settings.checkpointCountMin
    if (this.hasMoved && (isEnough || isQuiet) && !this.saving) void this.save()
    else if (!isQuiet || this.saving) this.arm()
  }

  private save(): Promise<void> {
    const place = this.options.place()
    const counts = { handled: this.handledCount, skipped: this.skippedCount }
    this.handledCount = 0
    this.skippedCount = 0
    this.countAtLastLook = 0
    this.saving = this.options.save(place).then(
      () => {
        this.savedPlace = place
        this.saving = undefined
        this.isFailing = false
        this.options.onStep('persistent-subscription:checkpoint-written')
      },
      (error: unknown) => {
        this.saving = undefined
        this.handledCount += counts.handled
        this.skippedCount += counts.skipped
        this.options.log.warning('A checkpoint was not written; it is tried again', { reason: describeError(error) })
        this.tryAgainLater()
      },
    )
    return this.saving
  }
}
