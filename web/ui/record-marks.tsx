import { createMemo, For, type JSX, Show } from 'solid-js'
import { InlineNotice } from './inline-notice.tsx'
import { StatusPill, type StatusTone } from './status-pill.tsx'

/** What `useMarks` gives; any list of such marks will do. */
export type Marks = {
  list(): readonly {
    readonly id: string
    readonly state: 'kept' | 'sending' | 'unanswered' | 'attention' | 'refused' | 'changed'
    readonly title: string
    readonly words: string
  }[]
  dismiss(id: string): void
}
type Mark = ReturnType<Marks['list']>[number]

/**
 * Says on a record what of it is on its way, and in words what became of the rest: a shape and words, never a colour
 * alone.
 */
export function RecordMarks(props: {
  readonly of: Marks
  /** Where refusals are said in another way already. */
  readonly hideRefused?: boolean
  readonly class?: string
}): JSX.Element {
  const list = createMemo(() => props.of.list())
  const inState = (state: Mark['state']) => list().filter((mark) => mark.state === state)
  const refused = () => (props.hideRefused === true ? [] : inState('refused'))
  return (
    <>
      <Pill tone="waiting" marks={inState('kept')} words="Kept, not sent yet" />
      <Pill tone="waiting" marks={inState('sending')} words="Sending" />
      <Pill tone="waiting" marks={inState('unanswered')} words="No answer yet" />
      <Pill tone="alarm" marks={inState('attention')} words="Needs attention" />
      <Pill tone="alarm" marks={refused()} words="Refused" />
      <For each={inState('changed')}>
        {(mark) => (
          <InlineNotice tone="info" class="mt-2" testId="changed" onDismiss={() => props.of.dismiss(mark.id)}>
            Done with a change: {mark.words}
          </InlineNotice>
        )}
      </For>
    </>
  )
}

function Pill(props: {
  readonly tone: StatusTone
  readonly words: string
  readonly marks: readonly Mark[]
}): JSX.Element {
  const count = () => (props.marks.length > 1 ? ` (${props.marks.length})` : '')
  return (
    <Show when={props.marks.length > 0}>
      <StatusPill tone={props.tone} title={props.marks.map(toWords).join(', ')} class="mr-1">
        {`${props.words}${count()}`}
      </StatusPill>
    </Show>
  )
}

function toWords({ title, words }: Mark): string {
  return words === '' ? title : `${title}: ${words}`
}
