import { type JSX, Show } from 'solid-js'
import { Button, VisuallyHidden } from '#web/ui'
import { FieldInput } from '../kit/fields/field-input.tsx'
import { fieldTitle, toTyped, valueWords } from '../kit/fields/field-values.ts'
import type { SettingField } from './settings-api.ts'

/** The control of one setting, with its help, what is wrong with it, and the way back to the default. */
export function SettingInput(props: {
  readonly field: SettingField
  readonly typed: string
  readonly error: string | undefined
  onType(typed: string): void
}): JSX.Element {
  const defaultTyped = () => toTyped(props.field, props.field.default)
  return (
    <div class="flex flex-col items-start gap-1" data-testid={`setting-${props.field.name}`}>
      <FieldInput
        name={props.field.name}
        field={props.field}
        help={props.field.help}
        typed={props.typed}
        error={props.error}
        onType={props.onType}
      />
      <Show when={props.typed !== defaultTyped()}>
        <Button tone="quiet" class="-ml-2 min-h-8! text-accent!" onClick={() => props.onType(defaultTyped())}>
          Back to the default: {shortened(valueWords(props.field.default))}
          <VisuallyHidden> for {fieldTitle(props.field.name)}</VisuallyHidden>
        </Button>
      </Show>
    </div>
  )
}

const shortened = (words: string): string => (words.length > 40 ? `${words.slice(0, 39)}…` : words)
