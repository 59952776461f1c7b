/** How much has passed, altogether and since the last look. */
export class RateMeter {
  private readonly startedAt: number
  private total = 0
  private totalAtLook = 0
  private lookedAt: number
  private perSecond = 0

  constructor(now: number) {
    this.startedAt = now
    this.lookedAt = now
  }

  count(): void {
    this.total++
  }

  /** The rate is that of the time since the last look; of one that comes at once after another, still the last one's. */
  look(now: number): { readonly total: number; readonly sinceLastLook: number; readonly perSecond: number } {
    const sinceLastLook = this.total - this.totalAtLook
    const elapsedMs = now - this.lookedAt
    if (elapsedMs >= lookLengthMsMin || this.lookedAt === this.startedAt) {
      this.perSecond = elapsedMs > 0 ? Math.round((sinceLastLook * 1_000) / elapsedMs) : 0
      this.totalAtLook = this.total
      this.lookedAt = now
    }
    return { total: this.total, sinceLastLook, perSecond: this.perSecond }
  }
}

const lookLengthMsMin = 1_000
