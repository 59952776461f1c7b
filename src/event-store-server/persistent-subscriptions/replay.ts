/**
 * Brings parked messages back: reads them a page at a time while the group has room for them, and removes them from the
 * parked stream when they are done with, never before. What a crash leaves there is still parked, and may be replayed
 * once more.
 */
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { ReachStep } from '../step.ts'
import type { GroupState } from './group-state.ts'
import type { ToMessage } from './message-from-record.ts'
import type { ParkedStream } from './parked-stream.ts'

export type ReplayOptions = {
  readonly parked: ParkedStream
  readonly state: GroupState
  readonly toMessage: ToMessage
  readonly log: Log
  readonly onStep: ReachStep
}

const pageCountMax = 128
/** Links that are done with and still listed: a crash replays them once more. */
const untruncatedCountMax = 100

export class Replay {
  private readonly options: ReplayOptions
  /** The last revision of the parked stream that was asked for. */
  private until = -1
  private truncatedBefore: number
  private truncating: Promise<void> | undefined
  private handledCount = 0

  constructor(options: ReplayOptions) {
    this.options = options
    this.truncatedBefore = options.parked.firstRevision
  }

  get isActive(): boolean {
    return this.hasMore || this.options.state.replayed.unhandledCount > 0
  }

  get hasMore(): boolean {
    return this.options.state.replayed.reached < this.until
  }

  /** Parked, and not on its way to a consumer. */
  get waitingCount(): number {
    const { parked, state } = this.options
    return Math.max(0, parked.lastRevision - Math.max(state.replayed.reached, parked.firstRevision - 1))
  }

  /** At most `countMax` more of those that are parked now. */
  begin(countMax: number | undefined): void {
    const { parked, state, onStep } = this.options
    const first = Math.max(state.replayed.reached + 1, parked.firstRevision)
    const last = countMax === undefined ? parked.lastRevision : Math.min(parked.lastRevision, first + countMax - 1)
    this.until = Math.max(this.until, last)
    onStep('persistent-subscription:replay-begun')
  }

  readPage(now: number): void {
    const { parked, state, toMessage } = this.options
    const first = Math.max(state.replayed.reached + 1, parked.firstRevision)
    const page = parked.read(first, Math.min(this.until, first + pageCountMax - 1))
    const messages = page.flatMap(({ revision, record }) =>
      record ? toMessage(record, { origin: 'parked', place: revision, isLive: false }) : [],
    )
    // Revisions that are not there were removed: the reading steps over them.
    const reached = page.at(-1)?.revision ?? this.until
    state.offer(messages, 'parked', reached, now)
    this.truncate()
  }

  /** Removes links together, or when the last of them is done with: a removal is an append. */
  handled(): void {
    this.handledCount++
    if (this.handledCount >= untruncatedCountMax || this.options.state.replayed.unhandledCount === 0) this.truncate()
  }

  /** Removes the links of what is done with; several removals that meet become one. */
  truncate(): void {
    this.handledCount = 0
    const before = this.options.state.replayed.doneUpTo + 1
    if (this.truncating || before <= this.truncatedBefore) return
    this.truncating = this.options.parked.truncate(before).then(
      () => {
        this.truncating = undefined
        this.truncatedBefore = before
        this.options.onStep('persistent-subscription:parked-truncated')
        this.truncate()
      },
      (error: unknown) => {
        this.truncating = undefined
        this.options.log.warning('Replayed messages could not be removed from the parked ones; they stay listed', {
          reason: describeError(error),
        })
      },
    )
  }

  async settle(): Promise<void> {
    while (this.truncating) await this.truncating
  }
}
