import { createUniqueId, type JSX } from 'solid-js'

/** A place on a line, chosen by pointer or arrow keys; what it means is said beside it. */
export function RangeInput(props: {
  readonly label: string
  readonly min: number
  readonly max: number
  readonly value: number
  /** What the value means, for eyes and for screen readers. */
  readonly words: string
  onInput(value: number): void
}): JSX.Element {
  const id = createUniqueId()
  return (
    <div class="min-w-0">
      <div class="mb-1 flex flex-wrap justify-between gap-x-3 text-sm">
        <label for={id} class="font-medium">
          {props.label}
        </label>
        <span class="text-ink-muted tabular-nums">{props.words}</span>
      </div>
      <input
        id={id}
        type="range"
        min={props.min}
        max={props.max}
        step="1"
        value={props.value}
        aria-valuetext={props.words}
        onInput={(event) => props.onInput(Number(event.currentTarget.value))}
        class="block h-touch w-full accent-accent"
      />
    </div>
  )
}
