/** How long the last messages took from delivery to answer: for groups created with extra statistics. */
export type Measurement = { readonly key: string; readonly value: number }

const sampleSizeMax = 1_000

export class LatencySample {
  private readonly latenciesMs: number[] = []
  private next = 0

  add(latencyMs: number): void {
    this.latenciesMs[this.next] = latencyMs
    this.next = (this.next + 1) % sampleSizeMax
  }

  /** Under the names the protocol's clients know; nothing when nothing was measured. */
  measure(): Measurement[] {
    const sorted = this.latenciesMs.toSorted((a, b) => a - b)
    const [fastest] = sorted
    if (fastest === undefined) return []
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    const mean = Math.round(sorted.reduce((sum, value) => sum + value, 0) / sorted.length)
    return [
      { key: 'Mean', value: mean },
      { key: 'Median', value: at(0.5) },
      { key: 'Fastest', value: fastest },
      ...[1, 2, 3, 4, 5].map((fifth) => ({ key: `Quintile ${fifth}`, value: at(fifth / 5) })),
      ...[90, 95, 99, 99.5, 99.9].map((percent) => ({ key: `${percent}%`, value: at(percent / 100) })),
      { key: 'Highest', value: at(1) },
    ]
  }
}
