import { createMemo, type JSX, Show } from 'solid-js'

export type SparklineProps = {
  /** Names the chart for screen readers, with the value of now. */
  readonly label: string
  /** Oldest first. */
  readonly values: readonly number[]
  /** How many values fill the width; fewer stand at the right. */
  readonly countMax: number
  /** The least that reaches to the top, so that noise near zero looks small. */
  readonly topMin?: number
}

const width = 240
const height = 44
const edge = 2

/** A small line of how a number went lately. It scales with its place and needs no library. */
export function Sparkline(props: SparklineProps): JSX.Element {
  const points = createMemo(() => toPoints(props.values, props.countMax, props.topMin ?? 1))
  const line = () => points().join(' ')
  const area = () => {
    const [first] = points()
    const last = points().at(-1)
    if (first === undefined || last === undefined) return ''
    return `${first.split(',')[0]},${height} ${line()} ${last.split(',')[0]},${height}`
  }
  return (
    <svg
      role="img"
      aria-label={props.label}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      class="block h-11 w-full overflow-visible"
    >
      <line x1="0" y1={height} x2={width} y2={height} class="stroke-line" vector-effect="non-scaling-stroke" />
      <Show when={points().length > 1}>
        <polygon points={area()} class="fill-accent-soft" />
        <polyline
          points={line()}
          class="fill-none stroke-accent"
          stroke-width="1.5"
          stroke-linejoin="round"
          vector-effect="non-scaling-stroke"
        />
      </Show>
    </svg>
  )
}

/** `x,y` of each value, the newest at the right edge. */
export function toPoints(values: readonly number[], countMax: number, topMin: number): readonly string[] {
  const shown = values.slice(-countMax)
  const top = Math.max(topMin, ...shown)
  const step = width / Math.max(1, countMax - 1)
  return shown.map((value, index) => {
    const x = width - (shown.length - 1 - index) * step
    const y = height - (Math.max(0, value) / top) * (height - edge)
    return `${round(x)},${round(y)}`
  })
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
