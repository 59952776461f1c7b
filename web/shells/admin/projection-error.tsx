import { type JSX, Show } from 'solid-js'
import { InlineNotice } from '#web/ui'
import { eventHref } from './audit-search.ts'
import type { ProjectionRow } from './status-looks.ts'

/** What went wrong last, and the way to the event it was about. */
export function ProjectionError(props: { readonly row: ProjectionRow; readonly class?: string }): JSX.Element {
  return (
    <Show when={props.row.lastError}>
      {(words) => (
        <InlineNotice tone="warning" class={props.class ?? ''}>
          <span class="wrap-anywhere">{words()}</span>{' '}
          <Show when={props.row.lastErrorEventId}>
            {(id) => (
              <a href={eventHref(id())} class="font-medium whitespace-nowrap text-accent underline underline-offset-2">
                Show the event
              </a>
            )}
          </Show>
        </InlineNotice>
      )}
    </Show>
  )
}
