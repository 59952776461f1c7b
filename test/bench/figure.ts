/** One measured figure a line, each beside a raw reference measured in the same run. */
export type Figure = {
  readonly bench: string
  readonly metric: string
  readonly value: number
  readonly unit: string
  readonly reference: number
  readonly referenceName: string
}

export function printFigure(figure: Figure): void {
  const ratio = figure.reference > 0 ? figure.value / figure.reference : 0
  console.log(
    JSON.stringify({
      ...figure,
      value: rounded(figure.value),
      reference: rounded(figure.reference),
      ratio: rounded(ratio),
    }),
  )
}

/** The value below which a share of the samples lies; NaN when there are none. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5)
}

/** `--seconds N` of the command line, or the default. */
export function secondsOf(args: readonly string[], fallback: number): number {
  const at = args.indexOf('--seconds')
  const value = at >= 0 ? Number(args[at + 1]) : fallback
  if (Number.isFinite(value) && value > 0) return value
  throw new Error(`--seconds takes a number above 0, found "${args[at + 1]}"`)
}

/** A clock that all processes of a machine share, in milliseconds. */
export function sharedNowMs(): number {
  return performance.timeOrigin + performance.now()
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
