import { createEffect, createMemo, createSignal, For, type JSX, on, Show } from 'solid-js'
import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { ConfirmDialog, formatPlural, SelectInput, showToast } from '#web/ui'
import type { OutboxView } from './outbox-view.ts'

const namedMax = 8

/** Asks before an action is given up: what that means, and what is to become of those that wait for it, by their names. */
export function DiscardDialog(props: {
  readonly open: boolean
  readonly record: OutboxRecord
  readonly outbox: Pick<OutboxView, 'discard' | 'dependants' | 'records'>
  onClose(): void
}): JSX.Element {
  const [dependantsGo, setDependantsGo] = createSignal<'release' | 'discard'>('release')
  const dependants = createMemo(() => {
    // They change with the others.
    props.outbox.records()
    return props.open ? props.outbox.dependants(props.record.id) : []
  })
  createEffect(
    on(
      () => props.open,
      () => setDependantsGo('release'),
    ),
  )

  async function discard(): Promise<void> {
    await props.outbox.discard(props.record.id, { dependants: dependantsGo() })
    showToast(`“${props.record.title}” is discarded. It stays in the history of this device.`)
  }
  return (
    <ConfirmDialog
      open={props.open}
      danger
      title={`Discard “${props.record.title}”?`}
      words={`${props.record.state === 'refused' ? 'It was refused and has no effect.' : 'It is not sent, and has no effect.'} What you entered stays in the history of this device, where it can be read but not sent again.`}
      confirm="Discard"
      keep="Keep it"
      onConfirm={discard}
      onClose={props.onClose}
    >
      <Show when={dependants().length > 0}>
        <div class="flex flex-col gap-3">
          <div class="text-sm">
            <p class="font-medium">{formatPlural(dependants().length, 'action waits', 'actions wait')} for it:</p>
            <ul class="mt-1 list-disc pl-5" aria-label="What waits for it">
              <For each={dependants().slice(0, namedMax)}>{(one) => <li class="wrap-anywhere">{one.title}</li>}</For>
              <Show when={dependants().length > namedMax}>
                <li>and {formatPlural(dependants().length - namedMax, 'other')}</li>
              </Show>
            </ul>
          </div>
          <SelectInput
            label="What becomes of them"
            value={dependantsGo()}
            options={[
              { value: 'release', title: 'Send them without it' },
              { value: 'discard', title: 'Discard them too' },
            ]}
            hint={
              dependantsGo() === 'release'
                ? 'Some may be refused, as what they build on is missing.'
                : 'None of them is sent.'
            }
            onChange={setDependantsGo}
          />
        </div>
      </Show>
    </ConfirmDialog>
  )
}
