import ChevronRight from 'lucide-solid/icons/chevron-right'
import { createSignal, createUniqueId, For, type JSX, onMount, Show } from 'solid-js'
import { formatInstant, formatMoment, formatPosition, JsonView, StatusPill } from '#web/ui'
import type { AdminEvent } from './admin-api.ts'

const refusalType = 'peek.ActionRefused'

/** One recorded event on one line; all of it when opened. The one that was asked for by its id is open, and in sight. */
export function EventRow(props: { readonly event: AdminEvent; readonly isAsked?: boolean }): JSX.Element {
  const [isOpen, setOpen] = createSignal(props.isAsked === true)
  const detailId = createUniqueId()
  let place: HTMLLIElement | undefined
  onMount(() => props.isAsked && place?.scrollIntoView({ block: 'center' }))
  return (
    <li ref={place} data-testid={`event-${props.event.id}`}>
      <button
        type="button"
        aria-expanded={isOpen()}
        aria-controls={detailId}
        onClick={() => setOpen((open) => !open)}
        class="grid min-h-touch w-full grid-cols-[1.25rem_1fr_auto] items-center gap-x-3 px-4 py-2 text-left text-sm -outline-offset-2 hover:bg-hover/60 lg:grid-cols-[1.25rem_minmax(14rem,1.2fr)_minmax(12rem,1.6fr)_minmax(6rem,0.6fr)_auto]"
      >
        <ChevronRight
          class={`size-4 text-ink-muted transition-transform ${isOpen() ? 'rotate-90' : ''}`}
          aria-hidden="true"
        />
        <span class="flex min-w-0 items-center gap-2">
          <span class="truncate font-medium" title={props.event.type}>
            {props.event.type}
          </span>
          <Show when={props.event.type === refusalType}>
            <StatusPill tone="warning">Refused</StatusPill>
          </Show>
        </span>
        <span
          class="truncate font-mono text-xs text-ink-muted max-lg:col-start-2 max-lg:row-start-2"
          title={props.event.stream}
        >
          {props.event.stream}
        </span>
        <span class="truncate text-ink-muted max-lg:hidden">{props.event.user ?? ''}</span>
        <time
          class="text-right whitespace-nowrap text-ink-muted tabular-nums"
          datetime={new Date(props.event.recordedAt).toISOString()}
          title={formatInstant(props.event.recordedAt)}
        >
          {formatMoment(props.event.recordedAt, Date.now())}
        </time>
      </button>
      <div id={detailId} hidden={!isOpen()}>
        <Show when={isOpen()}>
          <EventDetail event={props.event} />
        </Show>
      </div>
    </li>
  )
}

function EventDetail(props: { readonly event: AdminEvent }): JSX.Element {
  const facts = () =>
    [
      ['Position', formatPosition(props.event.position)],
      ['Stream', `${props.event.stream} at revision ${props.event.revision}`],
      ['Recorded', formatInstant(props.event.recordedAt)],
      ['Happened', props.event.occurredAt == null ? undefined : formatInstant(props.event.occurredAt)],
      ['Person', props.event.user],
      ['Device', props.event.device],
      ['Service', props.event.service],
      ['Action', props.event.actionId],
      ['Event', props.event.id],
    ] as const
  return (
    <div class="grid gap-4 border-t border-line px-4 py-4 pl-12 max-sm:pl-4">
      <dl class="grid grid-cols-[auto_1fr] gap-x-5 gap-y-1 text-sm">
        <For each={facts().filter(([, value]) => value != null)}>
          {([title, value]) => (
            <>
              <dt class="text-ink-muted">{title}</dt>
              <dd class="min-w-0 font-mono text-xs leading-5 break-all">{value}</dd>
            </>
          )}
        </For>
      </dl>
      <JsonView label="Data" value={props.event.data} />
      <JsonView label="Metadata" value={props.event.metadata} />
    </div>
  )
}
