import { createEffect, createSignal, type JSX, on } from 'solid-js'
import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { ConfirmDialog, showToast, TextArea } from '#web/ui'
import type { HelpDesk } from './help-desk.ts'

/** Sends an action to the office, with a question. Nothing is done about the action itself. */
export function HelpDialog(props: {
  readonly open: boolean
  readonly record: OutboxRecord
  readonly helpDesk: HelpDesk
  onClose(): void
}): JSX.Element {
  const [words, setWords] = createSignal('')
  createEffect(
    on(
      () => props.open,
      () => setWords(''),
    ),
  )

  async function ask(): Promise<void> {
    await props.helpDesk.ask({ record: props.record, words: words().trim() })
    showToast('Your question is kept on this device, and goes to the office as soon as it can.')
  }
  return (
    <ConfirmDialog
      open={props.open}
      title="Ask the office for help?"
      words={`An administrator sees “${props.record.title}” with all that was entered, why it did not go, this device and your name. Without a connection the question waits in the outbox; the action itself stays as it is.`}
      confirm="Ask"
      onConfirm={ask}
      onClose={props.onClose}
    >
      <TextArea label="Your question" hint="May be left empty." maxlength={1000} value={words()} onInput={setWords} />
    </ConfirmDialog>
  )
}
