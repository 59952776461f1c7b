import { type JSX, Show } from 'solid-js'

/** Figures beside each other, each under its title: two a line on a phone. */
export function Figures(props: {
  readonly testId?: string
  readonly class?: string
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <dl
      data-testid={props.testId}
      class={`grid grid-cols-2 gap-x-4 gap-y-4 ${props.class ?? 'sm:grid-cols-3 lg:grid-cols-4'}`}
    >
      {props.children}
    </dl>
  )
}

export function Figure(props: {
  readonly title: string
  /** What puts the figure into proportion. */
  readonly note?: JSX.Element
  /** Smaller, where many stand in a row. */
  readonly compact?: boolean
  readonly class?: string
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <div class={`min-w-0 ${props.class ?? ''}`}>
      <dt class={`text-ink-muted ${props.compact ? 'text-xs' : 'text-sm'}`}>{props.title}</dt>
      <dd
        class={`wrap-anywhere tabular-nums ${props.compact ? 'text-sm font-medium' : 'mt-0.5 text-lg font-semibold'}`}
      >
        {props.children}
      </dd>
      <Show when={props.note}>{(note) => <dd class="text-xs wrap-anywhere text-ink-muted">{note()}</dd>}</Show>
    </div>
  )
}
