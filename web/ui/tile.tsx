import { type JSX, Show } from 'solid-js'

export type TileProps = {
  readonly href: string
  readonly title: string
  readonly words?: string
  /** A monochrome picture; it takes the colour of the text. */
  readonly iconUrl?: string | undefined
}

/** A big door on a home page. */
export function Tile(props: TileProps): JSX.Element {
  return (
    <a
      href={props.href}
      class="group flex min-h-24 items-center gap-4 rounded-card border border-line bg-surface p-4 transition-colors duration-100 hover:border-line-strong hover:bg-raised active:bg-sunken"
    >
      <span class="flex size-12 shrink-0 items-center justify-center rounded-control bg-accent-soft text-accent">
        <Show when={props.iconUrl} fallback={<span class="text-lg font-semibold">{initialOf(props.title)}</span>}>
          {(url) => <MaskedIcon url={url()} class="size-6" />}
        </Show>
      </span>
      <span class="min-w-0">
        <span class="block font-semibold">{props.title}</span>
        <Show when={props.words}>
          <span class="block text-sm text-ink-muted">{props.words}</span>
        </Show>
      </span>
    </a>
  )
}

/** Shows an SVG file in the colour of the text around it, so that one file serves light and dark. */
export function MaskedIcon(props: { readonly url: string; readonly class?: string }): JSX.Element {
  const mask = () => `url("${encodeURI(props.url)}") center / contain no-repeat`
  return (
    <span
      aria-hidden="true"
      class={`inline-block shrink-0 bg-current forced-color-adjust-none forced-colors:bg-[CanvasText] ${props.class ?? 'size-5'}`}
      style={{ mask: mask(), '-webkit-mask': mask() }}
    />
  )
}

function initialOf(title: string): string {
  return [...title][0]?.toLocaleUpperCase() ?? ''
}
