import { createEffect, For, type JSX } from 'solid-js'

/** Pages of one subject, side by side. They are links: each has its own address. Where they do not fit the current one is in sight. */
export function LinkTabs(props: {
  readonly label: string
  readonly tabs: readonly { readonly href: string; readonly title: string; readonly current: boolean }[]
}): JSX.Element {
  let row: HTMLElement | undefined
  createEffect(() => {
    if (!props.tabs.some(({ current }) => current)) return
    const current = row?.querySelector<HTMLElement>('[aria-current]')
    // Sideways alone: the page itself stays where it is.
    if (row && current) row.scrollLeft = current.offsetLeft - (row.clientWidth - current.offsetWidth) / 2
  })
  return (
    <nav ref={row} aria-label={props.label} class="relative mb-5 overflow-x-auto border-b border-line">
      <ul class="flex gap-1">
        <For each={props.tabs}>
          {(tab) => (
            <li>
              <a
                href={tab.href}
                aria-current={tab.current ? 'page' : undefined}
                class="flex min-h-touch items-center border-b-2 border-transparent px-3 text-sm whitespace-nowrap text-ink-muted -outline-offset-2 hover:text-ink aria-[current]:border-accent aria-[current]:font-medium aria-[current]:text-ink"
              >
                {tab.title}
              </a>
            </li>
          )}
        </For>
      </ul>
    </nav>
  )
}
