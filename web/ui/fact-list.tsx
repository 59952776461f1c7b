import type { JSX } from 'solid-js'

/** What is known of one thing, a line each: the name at the left, what it is beside it. */
export function FactList(props: { readonly testId?: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <dl data-testid={props.testId} class="grid grid-cols-[minmax(6rem,auto)_1fr] items-baseline gap-x-6 gap-y-3">
      {props.children}
    </dl>
  )
}

export function Fact(props: { readonly title: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <>
      <dt class="max-w-40 text-sm wrap-anywhere text-ink-muted">{props.title}</dt>
      <dd class="min-w-0 wrap-anywhere">{props.children}</dd>
    </>
  )
}
