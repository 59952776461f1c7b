import type { JSX } from 'solid-js'

/** A link that looks like a button: it goes somewhere, it does nothing. */
export function ButtonLink(props: {
  readonly href: string
  readonly icon?: JSX.Element
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <a
      href={props.href}
      class="inline-flex min-h-touch items-center justify-center gap-2 rounded-control border border-line bg-raised px-[calc(var(--spacing-touch)*0.38)] text-sm font-medium hover:bg-hover"
    >
      {props.icon}
      {props.children}
    </a>
  )
}
