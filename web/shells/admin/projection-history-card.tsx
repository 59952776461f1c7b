import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import {
  Button,
  Card,
  EmptyState,
  ErrorPanel,
  formatPlural,
  InlineNotice,
  Loading,
  RelativeTime,
  StatusPill,
} from '#web/ui'
import { type AdminEvent, loadStreamEvents } from './admin-api.ts'
import { createLoaded } from './create-loaded.ts'
import { decisionStream, decisionWords } from './decision-words.ts'
import { isOver, outcomeWords, type RebuildRow, rebuildLook, rebuildTitle } from './rebuild-looks.ts'

const shownCountAtFirst = 4

/** Rebuilds that are over, and what people decided about this projection, with who and why. */
export function ProjectionHistoryCard(props: {
  readonly projection: string
  readonly rebuilds: readonly RebuildRow[]
}): JSX.Element {
  const own = () => props.rebuilds.filter((each) => each.projection === props.projection)
  const [shownCount, setShownCount] = createSignal(shownCountAtFirst)
  const past = () =>
    own()
      .filter(isOver)
      .toSorted((a, b) => b.startedAt - a.startedAt)
  // Each step of a rebuild that somebody decided shows in its row: then there is a new decision to read.
  const seen = createMemo(() =>
    JSON.stringify([props.projection, own().map(({ id, phase, isPaused, rateMax }) => [id, phase, isPaused, rateMax])]),
  )
  const decisions = createLoaded(seen, (_, signal) => loadStreamEvents(decisionStream(props.projection), signal))
  return (
    <Card title="History" words="What was decided about it, and how its rebuilds ended." flush>
      <div data-testid="projection-history">
        <Show when={past().length > 0}>
          <ul aria-label="Past rebuilds" class="divide-y divide-line border-b border-line">
            <For each={past().slice(0, shownCount())}>{(rebuild) => <PastRebuild rebuild={rebuild} />}</For>
            <Show when={past().length > shownCount()}>
              <li class="px-4 py-2.5 text-center sm:px-5">
                <Button onClick={() => setShownCount(past().length)}>
                  {formatPlural(past().length - shownCount(), 'earlier rebuild')}
                </Button>
              </li>
            </Show>
          </ul>
        </Show>
        <h3 class="bg-sunken/60 px-4 py-2 text-xs font-medium text-ink-muted sm:px-5">Decisions</h3>
        <Switch>
          <Match when={decisions.value()}>
            {(events) => (
              <Show
                when={events().length > 0}
                fallback={
                  <EmptyState title="Nothing was decided yet" words="Who rebuilds it, and why, is kept here." />
                }
              >
                <ul aria-label="Decisions" class="divide-y divide-line">
                  <For each={events()}>{(event) => <DecisionRow event={event} />}</For>
                </ul>
              </Show>
            )}
          </Match>
          <Match when={decisions.state() === 'loading'}>
            <Loading label="Loading decisions" lineCount={2} />
          </Match>
          <Match when={true}>
            <ErrorPanel
              title="The decisions cannot be shown"
              words={decisions.words() ?? ''}
              onRetry={() => decisions.reload()}
            />
          </Match>
        </Switch>
        <Show when={decisions.value() && decisions.words()}>
          {(words) => <InlineNotice class="m-3">{words()}</InlineNotice>}
        </Show>
      </div>
    </Card>
  )
}

function PastRebuild(props: { readonly rebuild: RebuildRow }): JSX.Element {
  const look = () => rebuildLook(props.rebuild)
  return (
    <li class="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5 text-sm sm:px-5">
      <span class="min-w-0 flex-1 basis-56">
        <span class="font-medium">{rebuildTitle(props.rebuild)}</span>
        <span class="block text-xs wrap-anywhere text-ink-muted">{outcomeWords(props.rebuild)}</span>
      </span>
      <span class="text-ink-muted">
        <RelativeTime at={props.rebuild.endedAt ?? props.rebuild.startedAt} />
      </span>
      <StatusPill tone={look().tone}>{look().title}</StatusPill>
    </li>
  )
}

function DecisionRow(props: { readonly event: AdminEvent }): JSX.Element {
  const said = () => decisionWords(props.event)
  return (
    <li class="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-4 py-2.5 text-sm sm:px-5">
      <span class="min-w-0 flex-1 basis-56 wrap-anywhere">
        {said().title}
        <Show when={said().reason}>{(reason) => <span class="block text-xs text-ink-muted">{reason()}</span>}</Show>
      </span>
      <span class="text-ink-muted">{nameOf(props.event)}</span>
      <span class="text-ink-muted">
        <RelativeTime at={props.event.recordedAt} />
      </span>
    </li>
  )
}

/** What the platform does by itself it does under its own name. */
function nameOf({ user }: AdminEvent): string {
  return user == null || user === 'peek' ? 'Peek itself' : user
}
