/**
 * How long something took lately, as a histogram with fixed buckets: recording is one logarithm and one addition, and
 * the memory never grows.
 *
 * Promises: a quantile is that of the last one to two periods between calls of `turn`, at most a fifth too high.
 */
const bucketsPerDoubling = 4
const shortestMs = 0.01
const bucketCount = 100

export class RecentHistogram {
  private current = new Float64Array(bucketCount)
  private previous = new Float64Array(bucketCount)

  record(lengthMs: number): void {
    const bucket = toBucket(lengthMs)
    this.current[bucket] = (this.current[bucket] ?? 0) + 1
  }

  /** Begins a new period; what is older than the last one is forgotten. */
  turn(): void {
    const forgotten = this.previous
    this.previous = this.current
    this.current = forgotten.fill(0)
  }

  /** Undefined when nothing happened lately. */
  quantileMs(share: number): number | undefined {
    const total = this.count()
    if (total === 0) return undefined
    const wanted = Math.max(1, Math.ceil(total * share))
    let seen = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.countAt(bucket)
      if (seen >= wanted) return upperEdgeMs(bucket)
    }
    return upperEdgeMs(bucketCount - 1)
  }

  private count(): number {
    let total = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) total += this.countAt(bucket)
    return total
  }

  private countAt(bucket: number): number {
    return (this.current[bucket] ?? 0) + (this.previous[bucket] ?? 0)
  }
}

function toBucket(lengthMs: number): number {
  if (!(lengthMs > shortestMs)) return 0
  return Math.min(bucketCount - 1, Math.ceil(Math.log2(lengthMs / shortestMs) * bucketsPerDoubling))
}

function upperEdgeMs(bucket: number): number {
  return shortestMs * 2 ** (bucket / bucketsPerDoubling)
}
