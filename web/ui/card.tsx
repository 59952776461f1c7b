import { type JSX, Show } from 'solid-js'

export type CardProps = {
  readonly title?: string
  /** A sentence under the title. */
  readonly words?: string
  /** Controls at the right of the title. */
  readonly actions?: JSX.Element
  /** The content touches the edges: for tables and lists. */
  readonly flush?: boolean
  readonly class?: string
  readonly children: JSX.Element
}

export function Card(props: CardProps): JSX.Element {
  return (
    <section class={`min-w-0 overflow-hidden rounded-card border border-line bg-surface ${props.class ?? ''}`}>
      <Show when={props.title}>
        <header class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-3 sm:px-5">
          <div class="min-w-0">
            <h2 class="text-[0.9375rem] font-semibold">{props.title}</h2>
            <Show when={props.words}>
              <p class="text-sm text-ink-muted">{props.words}</p>
            </Show>
          </div>
          <Show when={props.actions}>
            <div class="flex flex-wrap items-center gap-2">{props.actions}</div>
          </Show>
        </header>
      </Show>
      <div class={props.flush ? '' : 'p-4 sm:p-5'}>{props.children}</div>
    </section>
  )
}
