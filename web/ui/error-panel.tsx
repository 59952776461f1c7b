import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import { type JSX, Show } from 'solid-js'
import { Button } from './button.tsx'

export type ErrorPanelProps = {
  /** What stopped, for instance the plugin's name. */
  readonly title: string
  /** One sentence for the person: what it means to them. */
  readonly words: string
  /** The technical reason, folded away. */
  readonly detail?: string | undefined
  onRetry?(): void
  readonly actions?: JSX.Element
}

/** Something stopped working here, and only here. */
export function ErrorPanel(props: ErrorPanelProps): JSX.Element {
  return (
    <div
      role="alert"
      class="mx-auto my-6 w-[calc(100%-2rem)] max-w-xl rounded-card border border-alarm/45 bg-surface p-5"
    >
      <div class="flex items-start gap-4">
        <span class="flex size-10 shrink-0 items-center justify-center rounded-full bg-alarm-soft text-alarm">
          <TriangleAlert class="size-5" aria-hidden="true" />
        </span>
        <div class="min-w-0 flex-1">
          <h2 class="font-semibold">{props.title}</h2>
          <p class="mt-0.5 text-sm text-ink-muted">{props.words}</p>
          <Show when={props.detail}>
            <details class="mt-3 text-sm">
              <summary class="text-ink-muted">What happened, for support</summary>
              <pre class="mt-2 overflow-x-auto rounded-control bg-sunken p-3 font-mono text-xs whitespace-pre-wrap">
                {props.detail}
              </pre>
            </details>
          </Show>
          <div class="mt-4 flex flex-wrap gap-2">
            <Show when={props.onRetry}>
              <Button tone="primary" onClick={() => props.onRetry?.()}>
                Try again
              </Button>
            </Show>
            {props.actions}
          </div>
        </div>
      </div>
    </div>
  )
}
