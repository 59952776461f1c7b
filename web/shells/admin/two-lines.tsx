import type { JSX } from 'solid-js'

/** A cell with what it is about, and below it what tells more. */
export function TwoLines(props: { readonly first: JSX.Element; readonly second: JSX.Element }): JSX.Element {
  return (
    <>
      <span class="block">{props.first}</span>
      <span class="block text-xs font-normal whitespace-nowrap text-ink-muted">{props.second}</span>
    </>
  )
}
