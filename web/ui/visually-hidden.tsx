import type { JSX } from 'solid-js'

/** For screen readers only. */
export function VisuallyHidden(props: { readonly children: JSX.Element }): JSX.Element {
  return <span class="sr-only">{props.children}</span>
}

/** The first stop of the keyboard: past the navigation to the page itself, which has the id `main`. */
export function SkipLink(): JSX.Element {
  return (
    <a
      href="#main"
      // For the browser, not for the router: only the browser moves the focus along.
      target="_self"
      class="sr-only rounded-control bg-accent font-medium text-on-accent focus:not-sr-only focus:px-4! focus:py-2! focus:fixed focus:top-2 focus:left-2 focus:z-50"
    >
      Skip to the page
    </a>
  )
}
