import { type JSX, Show } from 'solid-js'

/** Nothing to show, said kindly: why, and what one can do. */
export function EmptyState(props: {
  readonly title: string
  readonly words?: string
  readonly icon?: JSX.Element
  readonly actions?: JSX.Element
}): JSX.Element {
  return (
    <div class="flex flex-col items-center gap-1 px-6 py-12 text-center">
      <Show when={props.icon}>
        <div class="mb-2 flex size-12 items-center justify-center rounded-full bg-sunken text-ink-muted [&_svg]:size-6">
          {props.icon}
        </div>
      </Show>
      <p class="font-semibold">{props.title}</p>
      <Show when={props.words}>
        <p class="max-w-prose text-sm text-balance text-ink-muted">{props.words}</p>
      </Show>
      <Show when={props.actions}>
        <div class="mt-4 flex flex-wrap justify-center gap-2">{props.actions}</div>
      </Show>
    </div>
  )
}
