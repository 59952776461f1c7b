import { createUniqueId, type JSX, Show } from 'solid-js'

/** Something that is so or not, with what it means under it. The whole line can be pressed. */
export function Checkbox(props: {
  readonly label: string
  readonly hint?: string | undefined
  readonly checked: boolean
  readonly disabled?: boolean
  onChange(checked: boolean): void
}): JSX.Element {
  const hintId = createUniqueId()
  return (
    <label class="flex min-h-touch cursor-pointer items-start gap-2.5 py-1 text-sm has-disabled:cursor-not-allowed has-disabled:opacity-55">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled ?? false}
        aria-describedby={props.hint === undefined ? undefined : hintId}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
        class="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <span class="min-w-0">
        <span class="font-medium">{props.label}</span>
        <Show when={props.hint}>
          <span id={hintId} class="block text-ink-muted">
            {props.hint}
          </span>
        </Show>
      </span>
    </label>
  )
}
