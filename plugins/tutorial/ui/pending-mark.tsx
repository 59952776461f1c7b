import { type JSX, Show } from 'solid-js'
import { StatusPill } from '#web/ui'

type WithPending = { pending(): readonly { readonly entityId: string; readonly title: string }[] }

/** Says that something on this row is sent but not yet answered. */
export function PendingMark(props: {
  readonly stringIntId: string
  readonly actions: readonly WithPending[]
}): JSX.Element {
  const waiting = () =>
    props.actions.flatMap((action) => action.pending()).filter(({ entityId }) => entityId === props.stringIntId)
  return (
    <Show when={waiting().length > 0}>
      <StatusPill
        tone="waiting"
        title={waiting()
          .map(({ title }) => title)
          .join(', ')}
      >
        {waiting().length === 1 ? 'Sending' : `Sending ${waiting().length}`}
      </StatusPill>
    </Show>
  )
}
