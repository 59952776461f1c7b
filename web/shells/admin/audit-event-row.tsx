import { type JSX, Show } from 'solid-js'
import { formatInstant, formatMoment, StatusPill } from '#web/ui'
import type { FoundEvent } from './audit-api.ts'
import { eventHref } from './audit-search.ts'
import { previewOf } from './event-preview.ts'

/** One event on a line, which leads to all about it. */
export function AuditEventRow(props: { readonly event: FoundEvent }): JSX.Element {
  return (
    <li data-testid={`event-${props.event.id}`}>
      <a
        href={eventHref(props.event.position)}
        class="grid min-h-touch grid-cols-[1fr_auto] gap-x-4 gap-y-0.5 px-4 py-2 text-sm -outline-offset-2 hover:bg-hover/60 lg:grid-cols-[minmax(14rem,1.1fr)_minmax(14rem,1.6fr)_minmax(8rem,0.7fr)_auto]"
      >
        <span class="flex min-w-0 items-center gap-2">
          <EventTitle event={props.event} />
        </span>
        <span class="min-w-0 max-lg:col-span-2 max-lg:row-start-2">
          <span class="block truncate font-mono text-xs leading-5 text-ink-muted" title={props.event.stream}>
            {props.event.stream}
          </span>
          <span class="block truncate font-mono text-xs">{previewOf(props.event)}</span>
        </span>
        <span class="min-w-0 text-ink-muted max-lg:col-span-2 max-lg:row-start-3">
          <span class="block truncate">{props.event.user}</span>
          <span class="block truncate font-mono text-xs" data-testid="event-device" title={props.event.device}>
            {props.event.device}
          </span>
        </span>
        <time
          class="text-right whitespace-nowrap text-ink-muted tabular-nums max-lg:col-start-2 max-lg:row-start-1"
          datetime={new Date(props.event.recordedAt).toISOString()}
          title={`Recorded ${formatInstant(props.event.recordedAt)}`}
        >
          {formatMoment(props.event.recordedAt, Date.now())}
        </time>
      </a>
    </li>
  )
}

/** What it was; of a refusal, what was refused. */
export function EventTitle(props: { readonly event: FoundEvent }): JSX.Element {
  return (
    <>
      <span class="truncate font-medium" title={props.event.type}>
        {props.event.refused ?? props.event.type}
      </span>
      <Show when={props.event.refused !== null}>
        <StatusPill tone="warning">Refused</StatusPill>
      </Show>
    </>
  )
}
