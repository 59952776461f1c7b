import { For, type JSX } from 'solid-js'

/** Grey lines where rows will be. Invisible for the first moments, so that a quick answer does not flicker. */
export function Loading(props: { readonly label?: string; readonly lineCount?: number }): JSX.Element {
  return (
    <div role="status" class="p-4 sm:p-5">
      <span class="sr-only">{props.label ?? 'Loading'}</span>
      <div class="flex flex-col gap-3" aria-hidden="true">
        <For each={Array.from({ length: props.lineCount ?? 3 })}>
          {(_, index) => <Skeleton class={index() % 3 === 2 ? 'w-2/3' : 'w-full'} />}
        </For>
      </div>
    </div>
  )
}

export function Skeleton(props: { readonly class?: string }): JSX.Element {
  return <div class={`h-5 animate-breathe rounded-control bg-hover ${props.class ?? ''}`} />
}
