import { createEffect, createSignal, type JSX, on } from 'solid-js'
import { AnswerHelp, helpWordsLengthMax } from '#vortex/protocol/help-request.ts'
import { useAction } from '#web/sdk'
import { ConfirmDialog, showToast, TextArea } from '#web/ui'
import type { HelpRow } from './help-card.tsx'

/** Words for whoever asked; the request counts as answered then. */
export function AnswerHelpDialog(props: { readonly request: HelpRow | undefined; onClose(): void }): JSX.Element {
  const answer = useAction<{ readonly id: string; readonly device: string; readonly words: string }>(AnswerHelp)
  const [words, setWords] = createSignal('')
  const [error, setError] = createSignal<string>()
  createEffect(
    on(
      () => props.request?.id,
      () => {
        setWords('')
        setError(undefined)
      },
    ),
  )

  async function send(): Promise<void> {
    const { request } = props
    if (!request) return
    const typed = words().trim()
    if (typed === '') {
      setError('Say what is to be done: the person reads it on the device.')
      throw new Error('The answer has no words yet.')
    }
    const outcome = await answer.push({ id: request.id, device: request.device, words: typed })
    if (outcome.outcome !== 'accepted') throw new Error(outcome.words)
    showToast('Answered. The device shows it as soon as it is in coverage.')
  }
  return (
    <ConfirmDialog
      open={props.request !== undefined}
      title={`Answer ${props.request?.user ?? ''}?`}
      words="What you write shows on the device's Outbox page, and the request counts as answered. The actions themselves stay as they are."
      confirm="Answer"
      onConfirm={send}
      onClose={() => props.onClose()}
    >
      <TextArea
        label="Answer"
        hint="What the person can do now."
        maxlength={helpWordsLengthMax}
        value={words()}
        error={error()}
        onInput={(text) => {
          setWords(text)
          setError(undefined)
        }}
      />
    </ConfirmDialog>
  )
}
