import Plus from 'lucide-solid/icons/plus'
import { createSignal, type JSX } from 'solid-js'
import { type ActionHandle, makeUuid } from '#web/sdk'
import { Button, NumberInput, parseTypedNumber, TextInput } from '#web/ui'
import type { AddStringInt } from '../../shared/actions.ts'
import { RowNotices } from '../row-notices.tsx'

/** Adds a string int. The form is cleared only when the server has accepted it. */
export function AddForm(props: { readonly action: ActionHandle<typeof AddStringInt> }): JSX.Element {
  const [stringIntId, setStringIntId] = createSignal(makeUuid())
  const [string1, setString1] = createSignal('')
  const [int1, setInt1] = createSignal('0')
  const [int1Error, setInt1Error] = createSignal<string>()
  const [busy, setBusy] = createSignal(false)

  async function send(): Promise<void> {
    const number = parseTypedNumber(int1())
    if (number === undefined) {
      setInt1Error('Please type a number')
      return
    }
    props.action.dismissRefusal(stringIntId())
    setBusy(true)
    const answer = await props.action.push({ stringIntId: stringIntId(), string1: string1(), int1: number })
    setBusy(false)
    if (answer.outcome !== 'accepted') return
    setStringIntId(makeUuid())
    setString1('')
    setInt1('0')
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy()) void send()
      }}
    >
      <div class="flex flex-wrap items-start gap-3">
        <TextInput
          label="Text"
          class="flex-1 basis-48"
          data-testid="add-string1"
          autocomplete="off"
          value={string1()}
          onInput={setString1}
        />
        <NumberInput
          label="Number"
          class="w-28"
          data-testid="add-int1"
          value={int1()}
          error={int1Error()}
          onInput={(typed) => {
            setInt1Error(undefined)
            setInt1(typed)
          }}
        />
        <Button
          type="submit"
          tone="primary"
          class="mt-6"
          data-testid="add-string-int"
          busy={busy()}
          icon={<Plus class="size-4" aria-hidden="true" />}
        >
          Add
        </Button>
      </div>
      <RowNotices stringIntId={stringIntId()} actions={[props.action]} />
    </form>
  )
}
