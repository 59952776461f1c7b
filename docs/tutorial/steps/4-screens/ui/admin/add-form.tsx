import { createSignal, type JSX, Show } from 'solid-js'
import { makeUuid, useAction } from '#web/sdk'
import { Button, InlineNotice, NumberInput, parseTypedNumber, TextInput } from '#web/ui'
import { AddStringInt } from '../../shared/actions.ts'

/** Adds a string int. The form is cleared only when logic has accepted it; a refusal stands below. */
export function AddForm(): JSX.Element {
  const addStringInt = useAction(AddStringInt)
  const [stringIntId, setStringIntId] = createSignal(makeUuid())
  const [string1, setString1] = createSignal('')
  const [int1, setInt1] = createSignal('0')

  async function send(): Promise<void> {
    const fields = { stringIntId: stringIntId(), string1: string1(), int1: parseTypedNumber(int1()) ?? Number.NaN }
    const answer = await addStringInt.push(fields)
    if (answer.outcome !== 'accepted') return
    setStringIntId(makeUuid())
    setString1('')
    setInt1('0')
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <div class="flex flex-wrap items-start gap-3">
        <TextInput label="Text" class="flex-1 basis-48" value={string1()} onInput={setString1} />
        <NumberInput label="Number" class="w-28" value={int1()} onInput={setInt1} />
        <Button type="submit" tone="primary" class="mt-6">
          Add
        </Button>
      </div>
      <Show when={addStringInt.lastRefusal(stringIntId())}>
        {(refusal) => (
          <InlineNotice class="mt-3" tone="warning" onDismiss={() => addStringInt.dismissRefusal(stringIntId())}>
            {refusal().words}
          </InlineNotice>
        )}
      </Show>
    </form>
  )
}
