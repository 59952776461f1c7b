import { createSignal, type JSX } from 'solid-js'
import type { ActionHandle } from '#web/sdk'
import { Button, NumberInput, parseTypedNumber } from '#web/ui'
import type { AddIntValue } from '../../shared/actions.ts'
import type { StringIntRow } from './string-int-row.ts'

/** Adds any typed number; whether the number will do is the server's to say. */
export function AddToIntForm(props: {
  readonly row: StringIntRow
  readonly action: ActionHandle<typeof AddIntValue>
  readonly typed: string
  onTyped(typed: string): void
}): JSX.Element {
  const [error, setError] = createSignal<string>()

  async function send(): Promise<void> {
    const typed = props.typed
    const offset = parseTypedNumber(typed)
    if (offset === undefined) {
      setError('Please type a number')
      return
    }
    props.action.dismissRefusal(props.row.id)
    const { is } = await props.action.push({ stringIntId: props.row.id, offset }).outcome
    if (is !== 'refused' && is !== 'not-kept' && props.typed === typed) props.onTyped('')
  }

  return (
    <form
      class="flex items-start gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <NumberInput
        label={`Number to add to ${props.row.string1}`}
        hideLabel
        class="w-24"
        data-testid="offset"
        value={props.typed}
        error={error()}
        onInput={(typed) => {
          setError(undefined)
          props.onTyped(typed)
        }}
      />
      <Button type="submit" data-testid="add-to-int">
        Add
      </Button>
    </form>
  )
}
