/**
 * What the server counts of its own work. Counting is an addition on the hot path; rates and quantiles are made once a
 * second and when somebody asks.
 *
 * Asks: `stop` is called, since it looks at its own counters on a timer.
 */
import type { Clock } from '#kernel/clock.ts'
import { OpenSubscriptions } from './open-subscriptions.ts'
import { RecentHistogram } from './recent-histogram.ts'
import { RecentRates } from './recent-rates.ts'
import { SlowReads } from './slow-reads.ts'

/** One group of appends that reached the disk together. */
export type CommittedGroup = {
  readonly requestCount: number
  readonly eventCount: number
  readonly sizeBytes: number
  readonly lengthMs: number
  /** Of that, until the disk had it. */
  readonly syncMs: number
}

type Total = 'appends' | 'eventsIn' | 'bytesIn' | 'commits' | 'reads' | 'eventsOut'

const lookEveryMs = 1_000
const looksPerTurn = 30

export class Statistics {
  private readonly clock: Clock
  private readonly rates = new RecentRates<Total>()
  private cancel: () => void = () => undefined
  private lookCount = 0
  readonly startedAt: number
  /** Since the start; these only grow. */
  readonly totals: Record<Total, number> = { appends: 0, eventsIn: 0, bytesIn: 0, commits: 0, reads: 0, eventsOut: 0 }
  readonly commitLengths = new RecentHistogram()
  readonly syncLengths = new RecentHistogram()
  readonly slowReads = new SlowReads()
  readonly subscriptions = new OpenSubscriptions()
  lastCommit: CommittedGroup | undefined
  commitMsTotal = 0
  longestCommitMs = 0
  largestCommitBytes = 0

  constructor(clock: Clock) {
    this.clock = clock
    this.startedAt = clock.now()
  }

  start(): void {
    this.look()
  }

  readonly committed = (group: CommittedGroup): void => {
    const { totals } = this
    totals.appends += group.requestCount
    totals.eventsIn += group.eventCount
    totals.bytesIn += group.sizeBytes
    totals.commits++
    this.lastCommit = group
    this.commitMsTotal += group.lengthMs
    if (group.lengthMs > this.longestCommitMs) this.longestCommitMs = group.lengthMs
    if (group.sizeBytes > this.largestCommitBytes) this.largestCommitBytes = group.sizeBytes
    this.commitLengths.record(group.lengthMs)
    this.syncLengths.record(group.syncMs)
  }

  perSecond(total: Total): number {
    return this.rates.perSecond(total)
  }

  stop(): void {
    this.cancel()
  }

  private look(): void {
    this.rates.look(this.clock.now(), { ...this.totals })
    if (++this.lookCount % looksPerTurn === 0) {
      this.commitLengths.turn()
      this.syncLengths.turn()
    }
    this.cancel = this.clock.after(lookEveryMs, () => this.look())
  }
}
