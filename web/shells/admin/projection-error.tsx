import { type JSX, Show } from 'solid-js'
import { InlineNotice } from '#web/ui'
import type { ProjectionRow } from './status-looks.ts'

/** What went wrong last, and the way to the event it was about. */
export function ProjectionError(props: { readonly row: ProjectionRow; readonly class?: string }): JSX.Element {
  return (
    <Show when={props.row.lastError}>
      {(words) => (
        <InlineNotice tone="warning" class={props.class ?? ''}>
          <span class="wrap-anywhere">{words()}</span>{' '}
          <Show when={eventHref(props.row)}>
            {(href) => (
              <a href={href()} class="font-medium whitespace-nowrap text-accent underline underline-offset-2">
                Show the event
              </a>
            )}
          </Show>
        </InlineNotice>
      )}
    </Show>
  )
}

/** The events of its stream, with that one open. */
export function eventHref({ lastErrorStream, lastErrorEventId }: ProjectionRow): string | undefined {
  if (lastErrorStream === null || lastErrorEventId === null) return undefined
  return `/events?${new URLSearchParams({ stream: lastErrorStream, event: lastErrorEventId })}`
}
