import { createUniqueId, For, type JSX } from 'solid-js'
import { InputNote, inputShape } from './text-input.tsx'

export type SelectOption<T extends string> = { readonly value: T; readonly title: string }

export type SelectInputProps<T extends string> = {
  readonly label: string
  readonly value: T
  readonly options: readonly SelectOption<T>[]
  /** After the options: more of them, under titles. */
  readonly groups?: readonly { readonly title: string; readonly options: readonly SelectOption<T>[] }[]
  readonly hint?: string | undefined
  readonly error?: string | undefined
  readonly class?: string
  onChange(value: T): void
}

/** One of a few, with its label. The browser's own list: it fits every screen, and typing finds an option. */
export function SelectInput<T extends string>(props: SelectInputProps<T>): JSX.Element {
  const id = createUniqueId()
  const noteId = `${id}-note`
  const all = () => [...props.options, ...(props.groups ?? []).flatMap((group) => group.options)]
  const toOption = (option: SelectOption<T>) => (
    <option value={option.value} selected={option.value === props.value}>
      {option.title}
    </option>
  )
  return (
    <div class={props.class ?? ''}>
      <label for={id} class="mb-1 block text-sm font-medium">
        {props.label}
      </label>
      <select
        id={id}
        class={inputShape}
        aria-invalid={props.error === undefined ? undefined : 'true'}
        aria-describedby={props.error === undefined && props.hint === undefined ? undefined : noteId}
        onChange={(event) => {
          const chosen = all().find(({ value }) => value === event.currentTarget.value)
          if (chosen) props.onChange(chosen.value)
        }}
      >
        <For each={props.options}>{toOption}</For>
        <For each={props.groups ?? []}>
          {(group) => (
            <optgroup label={group.title}>
              <For each={group.options}>{toOption}</For>
            </optgroup>
          )}
        </For>
      </select>
      <InputNote id={noteId} hint={props.hint} error={props.error} />
    </div>
  )
}
