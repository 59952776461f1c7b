import type { JSX } from 'solid-js'

/** A value as indented JSON, wrapped rather than cut. */
export function JsonView(props: { readonly label: string; readonly value: unknown }): JSX.Element {
  return (
    <figure class="min-w-0">
      <figcaption class="mb-1 text-xs font-medium text-ink-muted">{props.label}</figcaption>
      <pre
        tabindex="0"
        class="max-h-96 overflow-auto rounded-control bg-sunken p-3 font-mono text-xs break-words whitespace-pre-wrap"
      >
        {JSON.stringify(props.value, null, 2)}
      </pre>
    </figure>
  )
}
