/** The parking of messages that is under way: each is done with when its link is on the disk, and delivered again if that fails. */
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { ReachStep } from '../step.ts'
import type { GroupMessage } from './group-message.ts'
import type { ParkedStream } from './parked-stream.ts'

export type ParkingsOptions = {
  readonly parked: ParkedStream
  readonly log: Log
  readonly onStep: ReachStep
  readonly onParked: (message: GroupMessage) => void
  readonly onFailed: (message: GroupMessage) => void
}

/** Of messages that wait for the disk: nothing more is read while there are so many. */
const underWayMax = 1_000

export class Parkings {
  private readonly options: ParkingsOptions
  private readonly underWay = new Set<Promise<void>>()

  constructor(options: ParkingsOptions) {
    this.options = options
  }

  get isFull(): boolean {
    return this.underWay.size >= underWayMax
  }

  begin(message: GroupMessage, reason: string): void {
    const parking = this.park(message, reason)
    this.underWay.add(parking)
    void parking.then(() => this.underWay.delete(parking))
  }

  async settle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay)
  }

  private async park(message: GroupMessage, reason: string): Promise<void> {
    const { parked, log, onStep, onParked, onFailed } = this.options
    try {
      await parked.park({ ...message, reason })
    } catch (error) {
      log.warning('A message could not be parked; it is delivered again', {
        stream: parked.name,
        reason: describeError(error),
      })
      return onFailed(message)
    }
    onStep('persistent-subscription:parked-written')
    onParked(message)
  }
}
