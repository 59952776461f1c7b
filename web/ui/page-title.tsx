import { type JSX, Show } from 'solid-js'

/** The heading of a page, with a sentence that says what the page is for. */
export function PageTitle(props: {
  readonly title: string
  readonly words?: string
  readonly actions?: JSX.Element
}): JSX.Element {
  return (
    <div class="mb-5 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div class="min-w-0">
        <h1 class="text-xl font-semibold tracking-tight sm:text-2xl">{props.title}</h1>
        <Show when={props.words}>
          <p class="mt-0.5 max-w-prose text-sm text-ink-muted">{props.words}</p>
        </Show>
      </div>
      <Show when={props.actions}>
        <div class="flex flex-wrap items-center gap-2">{props.actions}</div>
      </Show>
    </div>
  )
}
