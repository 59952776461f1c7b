import { type JSX, Show } from 'solid-js'

export type ProgressProps = {
  readonly label: string
  /** From 0 to 1; undefined while nobody knows. */
  readonly value: number | undefined
  /** What stands beside the bar, for instance the time left. */
  readonly words?: string
}

export function Progress(props: ProgressProps): JSX.Element {
  const percent = () => Math.round(Math.min(1, Math.max(0, props.value ?? 0)) * 100)
  return (
    <div class="min-w-0">
      <div class="mb-1 flex justify-between gap-3 text-sm">
        <span>{props.label}</span>
        <span class="text-ink-muted tabular-nums">
          {props.words ?? (props.value === undefined ? '' : `${percent()} %`)}
        </span>
      </div>
      <div
        role="progressbar"
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={props.value === undefined ? undefined : percent()}
        aria-valuetext={props.words}
        class="h-2 overflow-hidden rounded-full border border-line bg-sunken"
      >
        <Show
          when={props.value !== undefined}
          fallback={<div class="h-full w-1/3 animate-breathe rounded-full bg-line-strong" />}
        >
          <div class="h-full rounded-full bg-accent transition-[width]" style={{ width: `${percent()}%` }} />
        </Show>
      </div>
    </div>
  )
}
