import type { OutsideFailureKind } from './outside-failure.ts'

/** How the calls to one outside system went since its client was made. */
export type CallFigures = {
  readonly system: string
  readonly callCount: number
  readonly okCount: number
  readonly failureCounts: { readonly [K in OutsideFailureKind]?: number }
  /** Further tries, beyond the first of each call. */
  readonly retryCount: number
  readonly runningCount: number
  /** Of the latest calls, tries and pauses included; null before the first. */
  readonly latencyMsP50: number | null
  readonly latencyMsP99: number | null
  /** `open`: left alone for a while; `trying`: one call finds out whether it is back. */
  readonly breaker: 'closed' | 'open' | 'trying'
  readonly lastFailure: { readonly at: number; readonly kind: OutsideFailureKind; readonly words: string } | null
}

export interface CallRecorder {
  begin(): void
  retry(): void
  end(latencyMs: number, failure?: { at: number; kind: OutsideFailureKind; words: string }): void
  figures(system: string, breaker: CallFigures['breaker']): CallFigures
}

const latenciesKept = 500

export function createCallRecorder(): CallRecorder {
  const counts = { call: 0, ok: 0, retry: 0, running: 0 }
  const failureCounts: { [K in OutsideFailureKind]?: number } = {}
  const latencies: number[] = []
  let lastFailure: CallFigures['lastFailure'] = null

  return {
    begin: () => {
      counts.call++
      counts.running++
    },
    retry: () => void counts.retry++,
    end: (latencyMs, failure) => {
      counts.running--
      latencies.push(latencyMs)
      if (latencies.length > latenciesKept) latencies.shift()
      if (failure === undefined) return void counts.ok++
      failureCounts[failure.kind] = (failureCounts[failure.kind] ?? 0) + 1
      lastFailure = failure
    },
    figures: (system, breaker) => ({
      system,
      callCount: counts.call,
      okCount: counts.ok,
      failureCounts: { ...failureCounts },
      retryCount: counts.retry,
      runningCount: counts.running,
      latencyMsP50: quantile(latencies, 0.5),
      latencyMsP99: quantile(latencies, 0.99),
      breaker,
      lastFailure,
    }),
  }
}

function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null
}
