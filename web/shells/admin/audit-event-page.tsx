import { useParams } from '@solidjs/router'
import ArrowLeft from 'lucide-solid/icons/arrow-left'
import ArrowRight from 'lucide-solid/icons/arrow-right'
import { createResource, For, type JSX, Match, Show, Suspense, Switch } from 'solid-js'
import {
  ButtonLink,
  Card,
  ErrorPanel,
  formatInstant,
  formatLength,
  formatPosition,
  InlineNotice,
  JsonView,
  Loading,
  Page,
  PageTitle,
} from '#web/ui'
import { type FoundEvent, loadEvent, loadRowChanges, loadTree, type ShownEvent } from './audit-api.ts'
import { eventHref, searchHref } from './audit-search.ts'
import { CausationTreeView, kindWords } from './causation-tree.tsx'
import { PastLinks } from './past-links.tsx'

/** All about one event: what was recorded, what today's code reads in it, what it followed from and what followed. */
export function AuditEventPage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const [shown, { refetch }] = createResource(
    () => params.id,
    (id) => loadEvent(id),
  )
  return (
    <Page>
      <Switch
        fallback={
          <Card flush>
            <Loading label="Loading the event" lineCount={6} />
          </Card>
        }
      >
        <Match when={shown.error}>
          {(error) => (
            <ErrorPanel title="The event cannot be shown" words={toWords(error())} onRetry={() => void refetch()} />
          )}
        </Match>
        <Match when={shown.latest}>{(found) => <EventSections shown={found()} />}</Match>
      </Switch>
    </Page>
  )
}

function EventSections(props: { readonly shown: ShownEvent }): JSX.Element {
  const event = () => props.shown.event
  return (
    <>
      <PageTitle
        title={event().refused ?? event().type}
        words={titleWords(event())}
        actions={<NeighbourLinks shown={props.shown} />}
      />
      <div class="grid items-start gap-5 xl:grid-cols-2">
        <div class="grid gap-5">
          <RefusalWords event={event()} />
          <Card title="Data">
            <Data shown={props.shown} />
          </Card>
          <Card title="What followed from what" words="From the tap to the facts, and on to what they set going.">
            <Causation event={event()} />
          </Card>
        </div>
        <div class="grid gap-5">
          <Card title="What was recorded">
            <div class="grid gap-4">
              <Facts shown={props.shown} />
              <PastLinks stream={event().stream} revision={event().revision} position={event().position} />
            </div>
          </Card>
          <Show when={props.shown.metadata}>
            {(metadata) => (
              <Card title="Metadata">
                <JsonView label="As recorded" value={metadata()} />
              </Card>
            )}
          </Show>
        </div>
      </div>
    </>
  )
}

function titleWords(event: FoundEvent): string {
  const who = event.user === '' ? '' : ` by ${event.user}`
  const kind = kindWords[event.kind] ?? event.kind
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}${who}, ${formatInstant(event.occurredAt)}`
}

/** The events before and after it in its stream. */
function NeighbourLinks(props: { readonly shown: ShownEvent }): JSX.Element {
  return (
    <nav aria-label="In its stream" class="flex flex-wrap gap-2">
      <Show when={props.shown.previous}>
        {(position) => (
          <ButtonLink href={eventHref(position())} icon={<ArrowLeft class="size-4" aria-hidden="true" />}>
            Before it
          </ButtonLink>
        )}
      </Show>
      <Show when={props.shown.next}>
        {(position) => (
          <ButtonLink href={eventHref(position())} icon={<ArrowRight class="size-4" aria-hidden="true" />}>
            After it
          </ButtonLink>
        )}
      </Show>
    </nav>
  )
}

function RefusalWords(props: { readonly event: FoundEvent }): JSX.Element {
  const words = () => {
    const { data } = props.event
    const said = typeof data === 'object' && data !== null && 'words' in data ? data.words : undefined
    return typeof said === 'string' ? said : ''
  }
  return (
    <Show when={props.event.refused !== null}>
      <InlineNotice tone="warning">It was refused: {words()}</InlineNotice>
    </Show>
  )
}

function Facts(props: { readonly shown: ShownEvent }): JSX.Element {
  const facts = (): readonly (readonly [string, string, string?])[] => {
    const { event } = props.shown
    const { stream, entityId, user, device, plugin, correlationId } = event
    return [
      ['Happened', formatInstant(event.occurredAt)],
      ['Recorded', `${formatInstant(event.recordedAt)}${lateWords(event)}`],
      ['Person', user, searchHref({ user })],
      ['Device', device, searchHref({ device })],
      ['Service', event.service],
      ['Type', event.type, searchHref({ type: event.type })],
      ['Version of its data', event.schemaVersion === null ? '' : String(event.schemaVersion)],
      ['Plugin', plugin, searchHref({ plugin })],
      ['Entity', entityId, searchHref({ entity: entityId })],
      ['Stream', `${stream} at revision ${event.revision}`, searchHref({ stream })],
      ['Position', formatPosition(event.position)],
      ['Action', event.actionId ?? ''],
      ['Correlation', correlationId ?? '', searchHref({ correlation: correlationId ?? '' })],
      ['Caused by', event.causationId ?? ''],
      ['Event', event.id],
    ]
  }
  return (
    <dl class="grid gap-x-5 gap-y-1.5 text-sm sm:grid-cols-[auto_1fr]" data-testid="event-facts">
      <For each={facts().filter(([, value]) => value !== '')}>
        {([title, value, href]) => (
          <>
            <dt class="text-ink-muted">{title}</dt>
            <dd class="min-w-0 font-mono text-xs leading-5 break-all max-sm:mb-1">
              <Show when={href} fallback={value}>
                {(to) => (
                  <a href={to()} class="underline decoration-line-strong underline-offset-2 hover:decoration-current">
                    {value}
                  </a>
                )}
              </Show>
            </dd>
          </>
        )}
      </For>
    </dl>
  )
}

/** An action taken offline is recorded when the device is back. */
function lateWords({ occurredAt, recordedAt }: FoundEvent): string {
  const lateMs = recordedAt - occurredAt
  if (lateMs <= -1_000) return `, ${formatLength(lateMs)} before that: the clock of the device was ahead`
  return lateMs < 1_000 ? '' : `, ${formatLength(lateMs)} later`
}

function Data(props: { readonly shown: ShownEvent }): JSX.Element {
  const version = () => props.shown.event.schemaVersion
  return (
    <div class="grid gap-4">
      <Show when={props.shown.metadata === null}>
        <InlineNotice tone="warning">
          The log does not hold this event any more: its stream was deleted, or keeps less. This is what was noted of
          it.
        </InlineNotice>
      </Show>
      <Show when={props.shown.todayWords}>
        {(words) => <InlineNotice tone="warning">Today’s code cannot read it. {words()}</InlineNotice>}
      </Show>
      <div class={props.shown.today === null ? '' : 'grid gap-4 lg:grid-cols-2'}>
        <JsonView
          label={version() === null ? 'As recorded' : `As recorded, version ${version()}`}
          value={props.shown.event.data}
        />
        <Show when={props.shown.today}>
          {(today) => (
            <JsonView label={`As today’s code reads it, version ${today().schemaVersion}`} value={today().data} />
          )}
        </Show>
      </div>
    </div>
  )
}

function Causation(props: { readonly event: FoundEvent }): JSX.Element {
  const position = () => props.event.position
  const [tree, { refetch }] = createResource(position, (id) => loadTree(id))
  // Telling which rows changed replays a little of the past: the tree does not wait for it.
  const [rows] = createResource(position, (id) => loadRowChanges(id))
  return (
    <Switch fallback={<Loading label="Looking for what followed" />}>
      <Match when={tree.error}>
        {(error) => (
          <ErrorPanel title="What followed cannot be shown" words={toWords(error())} onRetry={() => void refetch()} />
        )}
      </Match>
      <Match when={tree.latest}>
        {(found) => (
          <Suspense>
            <CausationTreeView
              tree={found()}
              shown={props.event.position}
              rows={rows.error === undefined ? rows.latest : undefined}
            />
            <Show when={rows.error}>
              {(error) => (
                <InlineNotice tone="warning">Which rows it changed is not known: {toWords(error())}</InlineNotice>
              )}
            </Show>
          </Suspense>
        )}
      </Match>
    </Switch>
  )
}

function toWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
