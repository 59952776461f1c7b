import { createEffect, createSignal, type JSX, on, Show } from 'solid-js'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { InlineNotice } from './inline-notice.tsx'
import { TextInput } from './text-input.tsx'

export type ConfirmDialogProps = {
  readonly open: boolean
  readonly title: string
  /** What will happen, in one or two sentences. */
  readonly words: string
  /** The verb on the button that does it. */
  readonly confirm: string
  /** The word on the button that does nothing; where "Cancel" could be taken for the deed. */
  readonly keep?: string
  readonly danger?: boolean
  /** What there is to know or choose beside the words. */
  readonly children?: JSX.Element
  /** It cannot be done as things stand; the children say why. */
  readonly blocked?: boolean
  /** Ask why; the answer is required and handed to `onConfirm`. */
  readonly reasonLabel?: string
  /** Does it. While this runs the dialog stays; a throw is shown and nothing typed is lost. */
  onConfirm(reason: string): Promise<void> | void
  onClose(): void
}

export function ConfirmDialog(props: ConfirmDialogProps): JSX.Element {
  const [reason, setReason] = createSignal('')
  const [busy, setBusy] = createSignal(false)
  const [error, setError] = createSignal<string>()
  const [reasonError, setReasonError] = createSignal<string>()

  createEffect(
    on(
      () => props.open,
      (open) => {
        if (!open) return
        setReason('')
        setError(undefined)
        setReasonError(undefined)
      },
    ),
  )

  async function confirm(): Promise<void> {
    if (props.blocked || busy()) return
    if (props.reasonLabel !== undefined && reason().trim() === '') {
      setReasonError('Please say why: it is kept with the change.')
      return
    }
    setBusy(true)
    setError(undefined)
    try {
      await props.onConfirm(reason().trim())
      props.onClose()
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={props.title}
      words={props.words}
      actions={
        <>
          <Button onClick={() => props.onClose()}>{props.keep ?? 'Cancel'}</Button>
          <Button
            tone={props.danger ? 'danger' : 'primary'}
            busy={busy()}
            disabled={props.blocked ?? false}
            onClick={() => void confirm()}
          >
            {props.confirm}
          </Button>
        </>
      }
    >
      <Show when={'children' in props}>
        <div class="mb-4">{props.children}</div>
      </Show>
      <Show when={props.reasonLabel}>
        {(label) => (
          <TextInput
            label={label()}
            value={reason()}
            error={reasonError()}
            onInput={(text) => {
              setReason(text)
              setReasonError(undefined)
            }}
            onKeyDown={(event) => event.key === 'Enter' && void confirm()}
          />
        )}
      </Show>
      <Show when={error()}>
        {(words) => (
          <InlineNotice tone="alarm" class="mt-3">
            {words()}
          </InlineNotice>
        )}
      </Show>
    </Dialog>
  )
}
