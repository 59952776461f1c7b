import { createSignal, For, type JSX, onCleanup, Show } from 'solid-js'

const quickMs = 300

/** Grey lines where rows will be, after the first moments: a quick answer does not flicker, and costs no drawing. */
export function Loading(props: { readonly label?: string; readonly lineCount?: number }): JSX.Element {
  const [isSlow, setSlow] = createSignal(false)
  const lineCount = () => props.lineCount ?? 3
  const timer = setTimeout(() => setSlow(true), quickMs)
  onCleanup(() => clearTimeout(timer))
  return (
    <div role="status" class="p-4 sm:p-5">
      <span class="sr-only">{props.label ?? 'Loading'}</span>
      {/* As high as it will be, so that nothing below moves. */}
      <div class="flex flex-col gap-3" aria-hidden="true" style={{ 'min-height': `${2 * lineCount() - 0.75}rem` }}>
        <Show when={isSlow()}>
          <For each={Array.from({ length: lineCount() })}>
            {(_, index) => <Skeleton class={index() % 3 === 2 ? 'w-2/3' : 'w-full'} />}
          </For>
        </Show>
      </div>
    </div>
  )
}

export function Skeleton(props: { readonly class?: string }): JSX.Element {
  return <div class={`h-5 animate-breathe rounded-control bg-hover ${props.class ?? ''}`} />
}
