import { type JSX, Show } from 'solid-js'
import { useMarks } from '#web/sdk'
import { RecordMarks, StatusPill } from '#web/ui'

type WithEffects = {
  effects(entityId: string): readonly { readonly title: string; readonly state: string }[]
}

/**
 * Says what of this row waits on the device, is on its way, was done in another way than asked for, or is recorded but not
 * yet to be seen. Why something was refused is said by `RowNotices`.
 */
export function PendingMark(props: {
  readonly stringIntId: string
  readonly actions: readonly WithEffects[]
}): JSX.Element {
  const marks = useMarks(() => props.stringIntId)
  const delayed = () =>
    props.actions.flatMap((action) => action.effects(props.stringIntId)).filter(({ state }) => state === 'delayed')
  return (
    <>
      <RecordMarks of={marks} hideRefused />
      <Show when={delayed().length > 0}>
        <StatusPill
          tone="waiting"
          title={delayed()
            .map(({ title }) => title)
            .join(', ')}
        >
          Effect delayed
        </StatusPill>
      </Show>
    </>
  )
}
