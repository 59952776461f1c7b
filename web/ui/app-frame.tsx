import { createEffect, type JSX, Show } from 'solid-js'
import { SkipLink } from './visually-hidden.tsx'

export type AppFrameProps = {
  readonly header: JSX.Element
  /** Banners across the page, under the header. */
  readonly banner?: JSX.Element
  /** The navigation of desktop apps, at the left. */
  readonly sidebar?: JSX.Element
  readonly footer?: JSX.Element
  readonly children: JSX.Element
}

/** The frame of an app: header, an optional sidebar and footer, and the page in between, which alone scrolls. */
export function AppFrame(props: AppFrameProps): JSX.Element {
  return (
    <div class="flex h-dvh flex-col">
      <SkipLink />
      {props.header}
      {props.banner}
      <div class="flex min-h-0 flex-1 max-md:flex-col">
        {props.sidebar}
        <main id="main" tabindex="-1" class="relative min-w-0 flex-1 overflow-y-auto overscroll-contain outline-none">
          {props.children}
        </main>
      </div>
      {props.footer}
    </div>
  )
}

export function AppHeader(props: { readonly children: JSX.Element }): JSX.Element {
  return (
    <header class="flex shrink-0 items-center gap-2 border-b border-line bg-surface px-2 pt-[env(safe-area-inset-top)] sm:px-3">
      {props.children}
    </header>
  )
}

/** Slim, along the lower edge of desktop apps. */
export function StatusBar(props: { readonly children: JSX.Element }): JSX.Element {
  return (
    <footer class="flex h-8 shrink-0 items-center gap-4 overflow-hidden border-t border-line bg-surface px-4 text-xs whitespace-nowrap text-ink-muted">
      {props.children}
    </footer>
  )
}

/** At the left of desktop pages; where the page is narrow, a strip along the top that scrolls sideways. */
export function Sidebar(props: { readonly label: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <nav
      aria-label={props.label}
      class="relative shrink-0 overflow-auto border-line bg-surface p-3 max-md:flex max-md:gap-1 max-md:border-b max-md:p-1.5 md:w-56 md:border-r"
    >
      {props.children}
    </nav>
  )
}

export function SidebarGroup(props: { readonly title?: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <div class="md:mb-4">
      <Show when={props.title}>
        <h2 class="max-md:sr-only px-3 pt-1 pb-1.5 text-xs font-medium text-ink-muted">{props.title}</h2>
      </Show>
      <ul class="flex gap-0.5 md:flex-col">{props.children}</ul>
    </div>
  )
}

export function SidebarLink(props: {
  readonly href: string
  readonly current: boolean
  readonly icon?: JSX.Element
  readonly children: JSX.Element
}): JSX.Element {
  let link: HTMLAnchorElement | undefined
  // On a narrow page the strip holds more links than it shows.
  createEffect(() => props.current && link?.scrollIntoView({ block: 'nearest', inline: 'center' }))
  return (
    <li>
      <a
        ref={link}
        href={props.href}
        aria-current={props.current ? 'page' : undefined}
        class="flex min-h-touch items-center gap-2.5 rounded-control px-3 text-sm hover:bg-hover aria-[current]:bg-accent-soft aria-[current]:font-semibold aria-[current]:text-accent [&_svg]:size-4 [&_svg]:shrink-0"
      >
        {props.icon}
        <span class="min-w-0 truncate max-md:overflow-visible">{props.children}</span>
      </a>
    </li>
  )
}

/** The width of reading for a page. */
export function Page(props: { readonly narrow?: boolean; readonly children: JSX.Element }): JSX.Element {
  return (
    <div class={`mx-auto w-full px-4 py-5 sm:px-6 sm:py-6 ${props.narrow ? 'max-w-3xl' : 'max-w-7xl'}`}>
      {props.children}
    </div>
  )
}
