import { For, type JSX, Show } from 'solid-js'
import { InlineNotice } from '#web/ui'

/** What this needs of an action's handle from `useAction`. */
type WithRefusals = {
  lastRefusal(entityId: string): { readonly words: string } | undefined
  dismissRefusal(entityId: string): void
}

/** Why the latest action on this row was refused, for each kind of action, until it is dismissed. */
export function RowNotices(props: {
  readonly stringIntId: string
  readonly actions: readonly WithRefusals[]
}): JSX.Element {
  return (
    <For each={props.actions}>
      {(action) => (
        <Show when={action.lastRefusal(props.stringIntId)}>
          {(refusal) => (
            <InlineNotice
              class="mt-3"
              tone="warning"
              testId="refusal"
              onDismiss={() => action.dismissRefusal(props.stringIntId)}
            >
              {refusal().words}
            </InlineNotice>
          )}
        </Show>
      )}
    </For>
  )
}
