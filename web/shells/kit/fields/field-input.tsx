import { type JSX, Match, Switch } from 'solid-js'
import { Checkbox, NumberInput, SelectInput, TextArea, TextInput } from '#web/ui'
import { fieldTitle, nothing, type TypedField } from './field-values.ts'

/** The control of one field, by what the field takes: with its title, its help, and what is wrong with what is typed. */
export function FieldInput(props: {
  readonly name: string
  readonly field: TypedField
  readonly help?: string | undefined
  readonly typed: string
  /** What is wrong, as the end of a sentence that begins with the field's title. */
  readonly error: string | undefined
  onType(typed: string): void
}): JSX.Element {
  const control = () => props.field.control
  const title = () => fieldTitle(props.name)
  const hintAnd = (more = '') =>
    [props.help, props.field.isNullable ? 'Left empty, it is not set.' : '', more].filter(Boolean).join(' ')
  const same = () => ({
    label: title(),
    hint: hintAnd() || undefined,
    error: props.error === undefined ? undefined : `${title()} ${props.error}.`,
  })
  return (
    <Switch
      fallback={<TextInput {...same()} class="w-full" value={props.typed} onInput={props.onType} autocomplete="off" />}
    >
      <Match when={control().kind === 'number'}>
        <NumberInput {...same()} class="w-full max-w-80" value={props.typed} onInput={props.onType} />
      </Match>
      <Match when={control().kind === 'instant'}>
        <TextInput
          {...same()}
          class="w-full max-w-80"
          type="datetime-local"
          step="0.001"
          value={props.typed}
          onInput={props.onType}
        />
      </Match>
      <Match when={control().kind === 'toggle' && !props.field.isNullable}>
        <Checkbox
          label={title()}
          hint={hintAnd() || undefined}
          checked={props.typed === 'true'}
          onChange={(checked) => props.onType(String(checked))}
        />
      </Match>
      <Match when={choicesOf(props.field)}>
        {(choices) => (
          <SelectInput
            {...same()}
            class="w-full max-w-80"
            value={props.typed}
            options={choices()}
            onChange={props.onType}
          />
        )}
      </Match>
      <Match when={control().kind === 'lines'}>
        <TextArea {...same()} class="w-full" hint={hintAnd('One a line.')} value={props.typed} onInput={props.onType} />
      </Match>
      <Match when={control().kind === 'json'}>
        <TextArea
          {...same()}
          class="w-full font-mono"
          hint={hintAnd('As JSON.')}
          value={props.typed}
          onInput={props.onType}
        />
      </Match>
    </Switch>
  )
}

/** Where one of a few is chosen: also a switch that may be neither. */
function choicesOf({ control, isNullable }: TypedField) {
  const none = isNullable ? [{ value: nothing, title: 'Nothing' }] : []
  if (control.kind === 'choice') return [...none, ...control.choices.map((value) => ({ value, title: value }))]
  if (control.kind === 'toggle' && isNullable)
    return [...none, { value: 'true', title: 'Yes' }, { value: 'false', title: 'No' }]
  return undefined
}
