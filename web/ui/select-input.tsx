import { createUniqueId, For, type JSX } from 'solid-js'
import { inputShape } from './text-input.tsx'

export type SelectInputProps<T extends string> = {
  readonly label: string
  readonly value: T
  readonly options: readonly { readonly value: T; readonly title: string }[]
  readonly class?: string
  onChange(value: T): void
}

/** One of a few, with its label. The browser's own list: it fits every screen, and typing finds an option. */
export function SelectInput<T extends string>(props: SelectInputProps<T>): JSX.Element {
  const id = createUniqueId()
  return (
    <div class={props.class ?? ''}>
      <label for={id} class="mb-1 block text-sm font-medium">
        {props.label}
      </label>
      <select
        id={id}
        class={inputShape}
        onChange={(event) => {
          const chosen = props.options.find(({ value }) => value === event.currentTarget.value)
          if (chosen) props.onChange(chosen.value)
        }}
      >
        <For each={props.options}>
          {(option) => (
            <option value={option.value} selected={option.value === props.value}>
              {option.title}
            </option>
          )}
        </For>
      </select>
    </div>
  )
}
