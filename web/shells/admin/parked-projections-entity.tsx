import ChevronRight from 'lucide-solid/icons/chevron-right'
import { createSignal, createUniqueId, type JSX, Match, Show, Switch } from 'solid-js'
import { Button, formatPlural, InlineNotice, JsonView, Loading, RelativeTime } from '#web/ui'
import { eventHref } from './audit-search.ts'
import { createLoaded } from './create-loaded.ts'
import { loadParkedEvent, type ParkedEntity } from './parked-projections-api.ts'
import type { Ask } from './parked-projections-card.tsx'

/** An entity that is parked, on one line; the event that failed, and what can be done, when opened. */
export function ParkedEntityRow(props: {
  readonly projection: string
  readonly entity: ParkedEntity
  readonly isBlocked: boolean
  readonly onAsk: Ask
}): JSX.Element {
  const [isOpen, setOpen] = createSignal(false)
  const detailId = createUniqueId()
  return (
    <li data-testid={`parked-${props.entity.stream}`}>
      <button
        type="button"
        aria-expanded={isOpen()}
        aria-controls={detailId}
        onClick={() => setOpen((open) => !open)}
        class="grid min-h-touch w-full grid-cols-[1.25rem_1fr_auto] items-center gap-x-2 px-4 py-2 text-left text-sm -outline-offset-2 hover:bg-hover/60 sm:px-5 sm:pl-8"
      >
        <ChevronRight
          class={`size-4 text-ink-muted transition-transform ${isOpen() ? 'rotate-90' : ''}`}
          aria-hidden="true"
        />
        <span class="min-w-0 truncate font-mono text-xs" title={props.entity.stream}>
          {props.entity.stream}
        </span>
        <span class="text-right text-xs whitespace-nowrap text-ink-muted">
          {formatPlural(props.entity.parkedCount, 'event')}, <RelativeTime at={props.entity.parkedAt} />
        </span>
      </button>
      <div id={detailId} hidden={!isOpen()}>
        <Show when={isOpen()}>
          <EntityDetail {...props} />
        </Show>
      </div>
    </li>
  )
}

function EntityDetail(props: {
  readonly projection: string
  readonly entity: ParkedEntity
  readonly isBlocked: boolean
  readonly onAsk: Ask
}): JSX.Element {
  const event = createLoaded(
    () => props.entity,
    async (entity, signal) => ({ found: await loadParkedEvent(props.projection, entity, signal) }),
  )
  const { stream, eventId } = props.entity
  return (
    <div class="grid gap-3 border-t border-line px-4 py-4 text-sm sm:px-5 sm:pl-14">
      <p class="wrap-anywhere">{props.entity.words}</p>
      <p>
        <a href={eventHref(eventId)} class="text-accent hover:underline">
          {props.entity.type}, revision {props.entity.revision}
        </a>{' '}
        <span class="text-ink-muted">
          {props.entity.parkedCount === 1
            ? 'Nothing is parked behind it.'
            : `${formatPlural(props.entity.parkedCount - 1, 'event')} parked behind it.`}
        </span>
      </p>
      <Show when={props.entity.actionId}>
        {(actionId) => (
          <p>
            <a href={eventHref(actionId())} class="text-accent hover:underline">
              The action
            </a>{' '}
            <span class="text-ink-muted">
              of {props.entity.actionUser}, who is told that its effect is delayed, and what becomes of it.
            </span>
          </p>
        )}
      </Show>
      <Switch>
        <Match when={event.state() === 'loading'}>
          <Loading label="Loading the event" lineCount={2} />
        </Match>
        <Match when={event.state() === 'failed'}>
          <InlineNotice tone="warning">The event cannot be shown: {event.words()}</InlineNotice>
        </Match>
        <Match when={event.value()?.found === null}>
          <InlineNotice>The log does not hold this event any more: a retry takes it off the list.</InlineNotice>
        </Match>
        <Match when={event.value()?.found}>{(found) => <JsonView label="Data" value={found().data} />}</Match>
      </Switch>
      <div class="flex flex-wrap gap-2">
        <Button
          tone="primary"
          disabled={props.isBlocked}
          onClick={() => props.onAsk({ kind: 'retry', stream }, props.entity)}
        >
          Retry …
        </Button>
        <Button disabled={props.isBlocked} onClick={() => props.onAsk({ kind: 'replay', stream }, props.entity)}>
          Replay the entity …
        </Button>
        <Button disabled={props.isBlocked} onClick={() => props.onAsk({ kind: 'skip', stream, eventId }, props.entity)}>
          Skip the event …
        </Button>
      </div>
    </div>
  )
}
