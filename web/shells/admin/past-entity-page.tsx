import { useSearchParams } from '@solidjs/router'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import ChevronRight from 'lucide-solid/icons/chevron-right'
import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import {
  Button,
  Card,
  EmptyState,
  ErrorPanel,
  formatInstant,
  formatPlural,
  IconButton,
  InlineNotice,
  JsonView,
  Loading,
  RangeInput,
  TextInput,
} from '#web/ui'
import { ChangedRowsCard } from './changed-rows-card.tsx'
import { createLoaded } from './create-loaded.ts'
import { type EntityThen, loadEntity } from './past-api.ts'
import { PastFrame } from './past-frame.tsx'
import { cellWords, pathWords } from './past-words.ts'

type Params = { stream?: string; revision?: string; since?: string; at?: string }

/** One entity, event by event: what it was after each, and what that event, or all since another one, changed. */
export function PastEntityPage(): JSX.Element {
  const [params, setParams] = useSearchParams<Params>()
  const place = createMemo(() => {
    const { stream = '', revision, since, at } = params
    if (stream === '') return undefined
    if (revision === undefined) return { stream, at: at ?? 'now' }
    const chosen = Number(revision)
    return { stream, revision: chosen, since: Math.min(Number(since ?? chosen - 1), chosen) }
  })
  const loaded = createLoaded(place, ({ stream, ...where }, signal) => loadPlace(stream, where, signal))
  const go = (revision: number) => setParams({ revision: String(revision), at: undefined })

  return (
    <PastFrame words="What one entity was after each of its events.">
      <StreamForm
        stream={params.stream ?? ''}
        onStream={(stream) => setParams({ stream, revision: undefined, since: undefined, at: undefined })}
      />
      <Switch>
        <Match when={place() === undefined}>
          <Card flush>
            <EmptyState
              title="Whose past?"
              words="Name the stream of an entity, such as tutorial.StringInt-<id>; events and the audit lead here too."
            />
          </Card>
        </Match>
        <Match when={loaded.words()}>
          {(words) => (
            <ErrorPanel title="This entity cannot be shown" words={words()} onRetry={() => loaded.reload()} />
          )}
        </Match>
        <Match when={loaded.value()}>
          {(then) => (
            <>
              <Card class="mb-4">
                <Stepper then={then()} onGo={go} />
                <SinceNote
                  then={then()}
                  since={params.since === undefined ? undefined : Number(params.since)}
                  onSince={(since) => setParams({ since: since === undefined ? undefined : String(since) })}
                />
              </Card>
              <div class="grid gap-4 lg:grid-cols-2">
                <EventCard then={then()} since={params.since === undefined ? undefined : Number(params.since)} />
                <StateCard then={then()} />
              </div>
              <Show when={then().position} keyed>
                {(position) => <ChangedRowsCard position={position} />}
              </Show>
            </>
          )}
        </Match>
        <Match when={true}>
          <Card flush>
            <Loading label="Loading the entity" lineCount={5} />
          </Card>
        </Match>
      </Switch>
    </PastFrame>
  )
}

/** A moment is turned into the revision there, so that what the last event changed can be shown. */
async function loadPlace(
  stream: string,
  place: { readonly at: string } | { readonly revision: number; readonly since: number },
  signal: AbortSignal,
): Promise<EntityThen> {
  if ('revision' in place) return loadEntity(stream, place, signal)
  const { revision } = await loadEntity(stream, place, signal)
  return loadEntity(stream, { revision, since: Math.max(-1, revision - 1) }, signal)
}

function StreamForm(props: { readonly stream: string; onStream(stream: string): void }): JSX.Element {
  const [typed, setTyped] = createSignal<string>()
  return (
    <search>
      <form
        class="mb-4 flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          const stream = (typed() ?? props.stream).trim()
          setTyped(undefined)
          props.onStream(stream)
        }}
      >
        <TextInput
          label="Stream of the entity"
          placeholder="tutorial.StringInt-"
          class="w-full sm:w-md"
          value={typed() ?? props.stream}
          onInput={setTyped}
          autocomplete="off"
          spellcheck={false}
        />
        <Button type="submit">Show</Button>
      </form>
    </search>
  )
}

function Stepper(props: { readonly then: EntityThen; onGo(revision: number): void }): JSX.Element {
  const words = () =>
    props.then.revision < 0
      ? 'before its first event'
      : `event ${props.then.revision + 1} of ${props.then.lastRevision + 1}`
  return (
    <div class="flex items-end gap-1" data-testid="entity-stepper">
      <div class="min-w-0 flex-1">
        <RangeInput
          label="As it was behind"
          min={-1}
          max={props.then.lastRevision}
          value={props.then.revision}
          words={words()}
          onInput={props.onGo}
        />
      </div>
      <IconButton
        label="One event earlier"
        disabled={props.then.revision < 0}
        onClick={() => props.onGo(props.then.revision - 1)}
        icon={<ChevronLeft class="size-4" aria-hidden="true" />}
      />
      <IconButton
        label="One event later"
        disabled={props.then.revision >= props.then.lastRevision}
        onClick={() => props.onGo(props.then.revision + 1)}
        icon={<ChevronRight class="size-4" aria-hidden="true" />}
      />
    </div>
  )
}

/** Differences are to the event before, until somebody pins another one. */
function SinceNote(props: {
  readonly then: EntityThen
  readonly since: number | undefined
  onSince(since: number | undefined): void
}): JSX.Element {
  const place = (revision: number) => (revision < 0 ? 'the beginning' : `event ${revision + 1}`)
  return (
    <div class="mt-2 flex flex-wrap items-center gap-3 text-sm">
      <Show
        when={props.since}
        fallback={
          <Button tone="quiet" onClick={() => props.onSince(props.then.revision)}>
            Compare later moments with this one
          </Button>
        }
      >
        {(since) => (
          <>
            <span class="text-ink-muted">Compared with what it was behind {place(since())}.</span>
            <Button tone="quiet" onClick={() => props.onSince(undefined)}>
              Compare with the event before
            </Button>
          </>
        )}
      </Show>
    </div>
  )
}

function EventCard(props: { readonly then: EntityThen; readonly since: number | undefined }): JSX.Element {
  const title = () => {
    if (props.since !== undefined) return `What changed since event ${props.since + 1}`
    return 'What this event changed'
  }
  return (
    <Card title={title()} words={eventWords(props.then)}>
      <div class="grid gap-4" data-testid="entity-differences">
        <Show when={props.then.unreadable}>
          {(unreadable) => (
            <InlineNotice tone="warning">
              Event {unreadable().revision + 1} ({unreadable().type}) cannot be read by today's code:{' '}
              {unreadable().words} From there on this is not exactly what it was.
            </InlineNotice>
          )}
        </Show>
        <Show when={props.then.hasDecider}>
          <Show
            when={props.then.differences.length > 0}
            fallback={<p class="text-sm text-ink-muted">Nothing of its state.</p>}
          >
            <ul class="grid gap-1 text-sm" aria-label={formatPlural(props.then.differences.length, 'difference')}>
              <For each={props.then.differences}>
                {(difference) => (
                  <li class="wrap-anywhere">
                    <span class="text-ink-muted">{pathWords(difference.path)}: </span>
                    <del class="text-ink-muted">{cellWords(difference.before)}</del>
                    <span aria-hidden="true"> → </span>
                    <ins class="font-medium no-underline">{cellWords(difference.after)}</ins>
                  </li>
                )}
              </For>
            </ul>
          </Show>
        </Show>
        <Show when={props.then.event}>{(event) => <JsonView label="Data of the event" value={event().data} />}</Show>
      </div>
    </Card>
  )
}

function eventWords({ event }: EntityThen): string {
  if (!event) return 'There is no event yet.'
  const who = [event.user, event.device].filter((each) => each !== null).join(' on ')
  return [event.type, formatInstant(event.recordedAt), who].filter((each) => each !== '').join(', ')
}

function StateCard(props: { readonly then: EntityThen }): JSX.Element {
  return (
    <Card title="State" words="As today's code folds its events up to there.">
      <div data-testid="entity-state">
        <Show
          when={props.then.hasDecider}
          fallback={
            <EmptyState title="Events only" words="No plugin that runs here decides about this kind of entity." />
          }
        >
          <JsonView label={props.then.stream} value={props.then.state} />
        </Show>
      </div>
    </Card>
  )
}
