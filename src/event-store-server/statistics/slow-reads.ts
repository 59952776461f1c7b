/**
 * The slowest reads of the last minutes: a list that stays short, so that somebody can see what to ask for differently.
 *
 * The time a reader took to accept events does not count: a slow reader is not a slow read.
 */
export type SlowRead = {
  /** A stream, or `$all`. */
  readonly source: string
  readonly direction: 'forwards' | 'backwards'
  /** Where it began: a revision, a position, or an end. */
  readonly from: string
  readonly eventCount: number
  readonly lengthMs: number
  readonly endedAt: number
  readonly peer: string
}

const keptMs = 10 * 60_000
const countMax = 20
/** Faster ones are nobody's concern. */
const lengthMsMin = 5

export class SlowReads {
  private reads: SlowRead[] = []

  /** Whether a read of this length is worth describing: most are not, and cost this question only. */
  isSlow(lengthMs: number): boolean {
    if (lengthMs < lengthMsMin) return false
    const fastest = this.reads[countMax - 1]
    return fastest === undefined || lengthMs > fastest.lengthMs
  }

  add(read: SlowRead): void {
    this.forgetBefore(read.endedAt - keptMs)
    this.reads.push(read)
    this.reads.sort((a, b) => b.lengthMs - a.lengthMs)
    this.reads.length = Math.min(this.reads.length, countMax)
  }

  /** The slowest first. */
  list(now: number): readonly SlowRead[] {
    this.forgetBefore(now - keptMs)
    return this.reads
  }

  private forgetBefore(instant: number): void {
    this.reads = this.reads.filter(({ endedAt }) => endedAt >= instant)
  }
}
