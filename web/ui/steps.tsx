import Check from 'lucide-solid/icons/check'
import { For, type JSX, Show } from 'solid-js'

export type Step = { readonly title: string; readonly state: 'done' | 'current' | 'ahead' }

/** The stages of long work in their order: what is behind, where it is, what comes. */
export function Steps(props: { readonly label: string; readonly steps: readonly Step[] }): JSX.Element {
  return (
    <ol aria-label={props.label} class="flex flex-wrap gap-x-1 gap-y-2 text-sm">
      <For each={props.steps}>
        {(step, index) => (
          <li aria-current={step.state === 'current' ? 'step' : undefined} class="flex items-center gap-1">
            <Show when={index() > 0}>
              <span class="h-px w-6 bg-line-strong max-sm:hidden" aria-hidden="true" />
            </Show>
            <span class={`inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 ${looks[step.state]}`}>
              <span
                class={`inline-flex size-4.5 items-center justify-center rounded-full text-xs leading-none tabular-nums ${marks[step.state]}`}
                aria-hidden="true"
              >
                <Show when={step.state === 'done'} fallback={index() + 1}>
                  <Check class="size-3" />
                </Show>
              </span>
              {step.title}
              <span class="sr-only">{words[step.state]}</span>
            </span>
          </li>
        )}
      </For>
    </ol>
  )
}

const looks: Record<Step['state'], string> = {
  done: 'text-ink-muted',
  current: 'bg-accent-soft font-semibold text-accent',
  ahead: 'text-ink-muted',
}
const marks: Record<Step['state'], string> = {
  done: 'bg-sunken text-ink-muted',
  current: 'bg-accent text-on-accent',
  ahead: 'border border-line-strong',
}
const words: Record<Step['state'], string> = { done: ', done', current: ', now', ahead: '' }
