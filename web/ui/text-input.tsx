import CircleAlert from 'lucide-solid/icons/circle-alert'
import { createUniqueId, type JSX, Show, splitProps } from 'solid-js'

export type TextInputProps = Omit<JSX.InputHTMLAttributes<HTMLInputElement>, 'onInput' | 'value'> & {
  readonly label: string
  /** The label is for screen readers only: where the place says what it is. */
  readonly hideLabel?: boolean
  readonly hint?: string | undefined
  readonly error?: string | undefined
  readonly value: string
  onInput(value: string): void
}

/** One line of text with its label, a hint, and what is wrong with it. */
export function TextInput(props: TextInputProps): JSX.Element {
  const [own, rest] = splitProps(props, ['label', 'hideLabel', 'hint', 'error', 'value', 'onInput', 'class', 'id'])
  const fallbackId = createUniqueId()
  const id = () => own.id ?? fallbackId
  const noteId = () => `${id()}-note`
  return (
    <div class={own.class ?? ''}>
      <label for={id()} class={own.hideLabel ? 'sr-only' : 'mb-1 block text-sm font-medium'}>
        {own.label}
      </label>
      <input
        type="text"
        {...rest}
        id={id()}
        value={own.value}
        onInput={(event) => own.onInput(event.currentTarget.value)}
        aria-invalid={own.error === undefined ? undefined : 'true'}
        aria-describedby={own.error === undefined && own.hint === undefined ? undefined : noteId()}
        class={inputShape}
      />
      <InputNote id={noteId()} hint={own.hint} error={own.error} />
    </div>
  )
}

/** The line under a control: what is wrong with it, else what is good to know. */
export function InputNote(props: {
  readonly id: string
  readonly hint?: string | undefined
  readonly error?: string | undefined
}): JSX.Element {
  return (
    <Show when={props.error ?? props.hint}>
      {(words) => (
        <p
          id={props.id}
          class={`mt-1 flex items-start gap-1.5 text-sm ${props.error === undefined ? 'text-ink-muted' : 'text-alarm'}`}
        >
          <Show when={props.error}>
            <CircleAlert class="mt-0.5 size-4 shrink-0" aria-hidden="true" />
          </Show>
          {words()}
        </p>
      )}
    </Show>
  )
}

export const inputShape =
  'block min-h-touch w-full rounded-control border border-line-strong bg-surface px-3 text-sm text-ink ' +
  'placeholder:text-ink-muted focus-visible:outline-offset-0 disabled:opacity-55 aria-invalid:border-alarm'
