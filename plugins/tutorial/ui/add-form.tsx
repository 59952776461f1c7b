import Plus from 'lucide-solid/icons/plus'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { makeUuid, type Refused, useAction, useDirty } from '#web/sdk'
import { Button, InlineNotice, NumberInput, parseTypedNumber, TextInput } from '#web/ui'
import { AddStringInt } from '../shared/actions.ts'

type Entered = { readonly stringIntId: string; readonly string1: string; readonly int1: number }

/**
 * Adds a string int. The form is cleared when the server has accepted it, or, without a connection, when it is on the
 * device: the row is in the list then, with a mark. What the device has no room for, or the server refuses, loses nothing
 * that was typed: it can be edited and sent again, after a reload too.
 */
export function AddForm(): JSX.Element {
  const add = useAction(AddStringInt)
  const [stringIntId, setStringIntId] = createSignal(makeUuid())
  const [string1, setString1] = createSignal('')
  const [int1, setInt1] = createSignal('0')
  const [int1Error, setInt1Error] = createSignal<string>()
  const [busy, setBusy] = createSignal(false)
  useDirty(() => string1() !== '')

  async function send(): Promise<void> {
    const number = parseTypedNumber(int1())
    if (number === undefined) return void setInt1Error('Please type a number')
    add.dismissRefusal(stringIntId())
    setBusy(true)
    const outcome = await add.push({ stringIntId: stringIntId(), string1: string1(), int1: number }).outcome
    setBusy(false)
    if (outcome.is === 'refused' || outcome.is === 'not-kept') return
    fill({ stringIntId: makeUuid(), string1: '', int1: 0 })
  }

  function fill(entered: Entered): void {
    setStringIntId(entered.stringIntId)
    setString1(entered.string1)
    setInt1(String(entered.int1))
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
      <For each={add.refusals()}>
        {(refused) => (
          <RefusedNotice
            refused={refused}
            isInForm={refused.entityId === stringIntId()}
            onEdit={fill}
            onDismiss={() => add.dismissRefusal(refused.entityId)}
          />
        )}
      </For>
    </form>
  )
}

/** Rows that were refused are in no list: what was entered is offered here. */
function RefusedNotice(props: {
  readonly refused: Refused<Entered>
  readonly isInForm: boolean
  onEdit(entered: Entered): void
  onDismiss(): void
}): JSX.Element {
  return (
    <InlineNotice
      class="mt-3"
      tone="warning"
      testId="refusal"
      onDismiss={() => props.onDismiss()}
      actions={
        <Show when={!props.isInForm && props.refused.fields}>
          {(fields) => (
            <Button tone="quiet" onClick={() => props.onEdit(fields())}>
              Edit
            </Button>
          )}
        </Show>
      }
    >
      <Show when={!props.isInForm && props.refused.fields}>{(fields) => `"${fields().string1}" was not added. `}</Show>
      {props.refused.words}
    </InlineNotice>
  )
}
