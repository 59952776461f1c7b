import { useSearchParams } from '@solidjs/router'
import { For, type JSX, Show } from 'solid-js'
import { ReactorStatus } from '#vortex/protocol/platform-tuples.ts'
import { useObservable } from '#web/sdk'
import {
  Button,
  EmptyState,
  Figure,
  Figures,
  formatCount,
  formatLength,
  formatPlural,
  formatPosition,
  formatRate,
  InlineNotice,
  LiveView,
  Page,
  PageTitle,
  RelativeTime,
  StatusPill,
} from '#web/ui'
import { DeadLettersCard } from './dead-letters-card.tsx'
import { lagWords, type ReactorRow, reactorLook, waitingWords } from './reactor-looks.ts'

/** What else happens because of events, one block a reactor; what it gave up on opens below it. */
export function ReactorsPage(): JSX.Element {
  const reactors = useObservable(ReactorStatus, () => ({}))
  const [search, setSearch] = useSearchParams<{ dead?: string }>()
  return (
    <Page>
      <PageTitle
        title="Reactors"
        words="They do what else should happen because of an event: messages, calls, further actions."
      />
      <LiveView of={reactors}>
        <Show
          when={reactors.rows.length > 0}
          fallback={<EmptyState title="No reactors" words="They come with the plugins that define them." />}
        >
          <ul aria-label="Reactors" class="flex flex-col gap-3">
            <For each={reactors.rows}>
              {(row) => (
                <ReactorBlock
                  row={row}
                  isOpen={search.dead === row.id}
                  onOpen={() => setSearch({ dead: row.id })}
                  onClose={() => setSearch({ dead: undefined })}
                />
              )}
            </For>
          </ul>
        </Show>
      </LiveView>
    </Page>
  )
}

function ReactorBlock(props: {
  readonly row: ReactorRow
  readonly isOpen: boolean
  onOpen(): void
  onClose(): void
}): JSX.Element {
  return (
    <li data-testid={`reactor-${props.row.id}`} class="flex flex-col gap-3">
      <div class="flex flex-col gap-3 rounded-card border border-line bg-surface px-4 py-3.5 sm:px-5">
        <div class="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
          <div class="min-w-0">
            <h2 class="text-[0.9375rem] font-semibold wrap-anywhere">{props.row.name}</h2>
            <p class="text-sm text-ink-muted">
              {props.row.plugin}, version {props.row.version}
            </p>
          </div>
          <div class="flex flex-wrap items-center gap-2">
            <StatusPill tone={reactorLook(props.row).tone}>{reactorLook(props.row).title}</StatusPill>
            <Show when={!props.isOpen && props.row.deadCount > 0}>
              <Button onClick={() => props.onOpen()}>{formatPlural(props.row.deadCount, 'dead letter')}</Button>
            </Show>
          </div>
        </div>
        <ReactorFigures row={props.row} />
        <Show when={isTroubled(props.row) ? props.row.lastError : undefined}>
          {(words) => (
            <InlineNotice tone="warning">
              <span class="wrap-anywhere">{words()}</span>
            </InlineNotice>
          )}
        </Show>
      </div>
      <Show when={props.isOpen}>
        <DeadLettersCard reactor={props.row.id} deadCount={props.row.deadCount} onClose={() => props.onClose()} />
      </Show>
    </li>
  )
}

function ReactorFigures(props: { readonly row: ReactorRow }): JSX.Element {
  return (
    <Figures class="sm:grid-cols-3 lg:grid-cols-6">
      <Figure
        compact
        title="Behind"
        note={props.row.lagEvents === 0 ? 'at the head of the log' : formatLength(props.row.lagSeconds * 1_000)}
      >
        {lagWords(props.row)}
      </Figure>
      <Figure compact title="Done" note={<LastDone at={props.row.lastDoneAt} />}>
        {formatPlural(props.row.doneCount, 'event')}
      </Figure>
      <Figure
        compact
        title="Rate"
        note={props.row.runningCount > 0 ? `${formatCount(props.row.runningCount)} under way` : undefined}
      >
        {formatRate(props.row.ratePerSecond)}
      </Figure>
      <Figure compact title="To be tried again" note={waitingWords(props.row)}>
        {props.row.waitingCount === 0 ? 'nothing' : formatPlural(props.row.waitingCount, 'event')}
      </Figure>
      <Figure compact title="Dead letters" note={props.row.deadCount > 0 ? 'wait for a decision' : undefined}>
        {props.row.deadCount === 0 ? 'none' : formatCount(props.row.deadCount)}
      </Figure>
      <Figure compact title="Position" note={<span title={props.row.head}>of {formatPosition(props.row.head)}</span>}>
        <span title={props.row.position}>{formatPosition(props.row.position)}</span>
      </Figure>
    </Figures>
  )
}

function LastDone(props: { readonly at: number | null }): JSX.Element {
  return (
    <Show when={props.at} fallback="none since the last start">
      {(at) => <RelativeTime at={at()} />}
    </Show>
  )
}

/** An error of the past is of no interest when everything was done after all. */
function isTroubled({ state, waitingCount, deadCount }: ReactorRow): boolean {
  return waitingCount > 0 || deadCount > 0 || state === 'stalled' || state === 'held'
}
