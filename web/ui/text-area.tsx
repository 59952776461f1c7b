import { createUniqueId, type JSX, splitProps } from 'solid-js'
import { InputNote, inputShape } from './text-input.tsx'

export type TextAreaProps = Omit<JSX.TextareaHTMLAttributes<HTMLTextAreaElement>, 'onInput' | 'value'> & {
  readonly label: string
  readonly hint?: string | undefined
  readonly error?: string | undefined
  readonly value: string
  onInput(value: string): void
}

/** Several lines of text with their label, a hint, and what is wrong with them. */
export function TextArea(props: TextAreaProps): JSX.Element {
  const [own, rest] = splitProps(props, ['label', 'hint', 'error', 'value', 'onInput', 'class', 'id'])
  const fallbackId = createUniqueId()
  const id = () => own.id ?? fallbackId
  const noteId = () => `${id()}-note`
  return (
    <div class={own.class ?? ''}>
      <label for={id()} class="mb-1 block text-sm font-medium">
        {own.label}
      </label>
      <textarea
        rows={4}
        {...rest}
        id={id()}
        value={own.value}
        onInput={(event) => own.onInput(event.currentTarget.value)}
        aria-invalid={own.error === undefined ? undefined : 'true'}
        aria-describedby={own.error === undefined && own.hint === undefined ? undefined : noteId()}
        class={`${inputShape} py-2`}
      />
      <InputNote id={noteId()} hint={own.hint} error={own.error} />
    </div>
  )
}
