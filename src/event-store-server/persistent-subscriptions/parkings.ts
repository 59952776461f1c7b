/**
 * The parking of messages that is under way: each is done with when its link is on the disk.
 *
 * One that cannot be parked is delivered again, but not at once: a consumer that refuses it once more would send it round
 * and round for as long as the disk is full. Together those under way and those held are bounded: `isFull`.
 */
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { ReachStep } from '../step.ts'
import type { GroupMessage } from './group-message.ts'
import type { ParkedStream } from './parked-stream.ts'

export type ParkingsOptions = {
  readonly parked: ParkedStream
  readonly clock: Clock
  readonly log: Log
  readonly onStep: ReachStep
  readonly onParked: (message: GroupMessage) => void
  readonly onFailed: (message: GroupMessage) => void
}

/** Of messages that wait for the disk: nothing more is read while there are so many. */
const underWayMax = 1_000
/** How long a message that could not be parked is kept from the consumers. */
const heldForMs = 1_000

export class Parkings {
  private readonly options: ParkingsOptions
  private readonly underWay = new Set<Promise<void>>()
  private held: GroupMessage[] = []
  private cancelRelease: (() => void) | undefined

  constructor(options: ParkingsOptions) {
    this.options = options
  }

  get isFull(): boolean {
    return this.underWay.size + this.held.length >= underWayMax
  }

  begin(message: GroupMessage, reason: string): void {
    const { parked, onStep, onParked } = this.options
    const parking = parked.park({ ...message, reason }).then(
      () => {
        // Before anybody hears of it: whoever does asks whether there is room.
        this.underWay.delete(parking)
        onStep('persistent-subscription:parked-written')
        onParked(message)
      },
      (error: unknown) => {
        this.underWay.delete(parking)
        this.hold(message, error)
      },
    )
    this.underWay.add(parking)
  }

  /** Resolves when nothing is under way; what is held by then is not done with, and comes again after the next start. */
  async stop(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay)
    this.cancelRelease?.()
    this.cancelRelease = undefined
  }

  private hold(message: GroupMessage, error: unknown): void {
    this.held.push(message)
    if (this.cancelRelease) return
    const { parked, clock, log } = this.options
    log.warning('Messages cannot be parked; they are delivered again', {
      stream: parked.name,
      reason: describeError(error),
    })
    this.cancelRelease = clock.after(heldForMs, () => this.release())
  }

  private release(): void {
    const messages = this.held
    this.held = []
    this.cancelRelease = undefined
    for (const message of messages) this.options.onFailed(message)
  }
}
