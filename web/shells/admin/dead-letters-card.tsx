import { createSignal, For, type JSX, Match, onMount, Show, Switch } from 'solid-js'
import {
  Button,
  Card,
  ConfirmDialog,
  EmptyState,
  ErrorPanel,
  formatPlural,
  InlineNotice,
  Loading,
  RelativeTime,
  showToast,
} from '#web/ui'
import { eventHref } from './audit-search.ts'
import { createPagedList } from './create-paged-list.ts'
import { dropDeadLetter, type Letter, loadDeadLetters, retryDeadLetters } from './reactor-api.ts'

type Question = { readonly deed: 'retry' | 'drop'; readonly letter: Letter } | { readonly deed: 'retry-all' }

/** All of them are tried again at once. */
const letterCountMax = 500

/** What a reactor gave up on: which event, why, how often it was tried; and what is to become of it. */
export function DeadLettersCard(props: {
  readonly reactor: string
  readonly deadCount: number
  onClose(): void
}): JSX.Element {
  const list = createPagedList({
    of: () => props.reactor,
    news: () => props.deadCount,
    load: async (after: string | undefined, signal) => {
      const { letters: rows, next } = await loadDeadLetters(props.reactor, after, signal)
      return { rows, next }
    },
    countMax: letterCountMax,
  })
  const [question, setQuestion] = createSignal<Question>()
  let place: HTMLDivElement | undefined
  // On a small screen it opens below what can be seen.
  onMount(() => place?.scrollIntoView({ block: 'nearest' }))

  return (
    <Card
      title="Dead letters"
      words="Events whose effects failed on every try. Each waits for somebody to decide."
      flush
      actions={
        <>
          <Show when={list.rows().length > 0}>
            <Button onClick={() => setQuestion({ deed: 'retry-all' })}>Try all again …</Button>
          </Show>
          <Button onClick={() => props.onClose()} aria-label="Close dead letters">
            Close
          </Button>
        </>
      }
    >
      <div data-testid="dead-letters" ref={place}>
        <Switch>
          <Match when={list.state() === 'loading'}>
            <Loading label="Loading dead letters" lineCount={3} />
          </Match>
          <Match when={list.state() === 'failed'}>
            <ErrorPanel
              title="The dead letters cannot be shown"
              words={list.words() ?? ''}
              onRetry={() => list.refresh()}
            />
          </Match>
          <Match when={list.rows().length === 0}>
            <EmptyState title="No dead letters" words="Every event had its effects, or is still being tried." />
          </Match>
          <Match when={true}>
            <Show when={list.words()}>{(words) => <InlineNotice class="m-3">{words()}</InlineNotice>}</Show>
            <ul aria-label={`Dead letters of ${props.reactor}`} class="divide-y divide-line">
              <For each={list.rows()}>{(letter) => <LetterRow letter={letter} onAsk={setQuestion} />}</For>
            </ul>
            <Show when={list.hasMore()}>
              <div class="border-t border-line p-3 text-center">
                <Button busy={list.isLoadingMore()} onClick={() => void list.loadMore()}>
                  More dead letters
                </Button>
              </div>
            </Show>
          </Match>
        </Switch>
      </div>
      <LetterDialog
        reactor={props.reactor}
        deadCount={props.deadCount}
        question={question()}
        onDone={() => list.refresh()}
        onClose={() => setQuestion(undefined)}
      />
    </Card>
  )
}

function LetterRow(props: { readonly letter: Letter; onAsk(question: Question): void }): JSX.Element {
  return (
    <li
      class="grid gap-x-4 gap-y-1.5 px-4 py-3 text-sm sm:px-5 md:grid-cols-[minmax(0,1.2fr)_minmax(0,1.4fr)_auto]"
      data-testid={`letter-${props.letter.eventId}`}
    >
      <div class="min-w-0">
        <a href={eventHref(props.letter.eventId)} class="font-medium wrap-anywhere text-accent hover:underline">
          {props.letter.type}
        </a>
        <span class="block font-mono text-xs wrap-anywhere text-ink-muted">
          {props.letter.stream}, revision {props.letter.revision}
        </span>
      </div>
      <div class="min-w-0">
        <p class="wrap-anywhere">{props.letter.words}</p>
        <p class="text-xs text-ink-muted">
          {props.letter.tries === 1 ? 'tried once' : `tried ${props.letter.tries} times`}
          <Show when={props.letter.lastTriedAt}>
            {(at) => (
              <>
                , last <RelativeTime at={at()} />
              </>
            )}
          </Show>
        </p>
      </div>
      <div class="flex flex-wrap items-start gap-2">
        <Button
          onClick={() => props.onAsk({ deed: 'retry', letter: props.letter })}
          aria-label={`Try again: ${props.letter.type} in ${props.letter.stream}`}
        >
          Try again …
        </Button>
        <Button
          onClick={() => props.onAsk({ deed: 'drop', letter: props.letter })}
          aria-label={`Drop ${props.letter.type} in ${props.letter.stream}`}
        >
          Drop …
        </Button>
      </div>
    </li>
  )
}

function LetterDialog(props: {
  readonly reactor: string
  readonly deadCount: number
  readonly question: Question | undefined
  onDone(): void
  onClose(): void
}): JSX.Element {
  const isDrop = () => props.question?.deed === 'drop'
  const words = () => {
    const asked = props.question
    if (asked?.deed === 'drop')
      return `${asked.letter.type} in ${asked.letter.stream} will never have the effects of ${props.reactor}. The event itself stays in the log.`
    const which =
      asked?.deed === 'retry'
        ? `${asked.letter.type} in ${asked.letter.stream} is`
        : `${formatPlural(props.deadCount, 'event')} of ${props.reactor} are`
    return `${which} tried again from the first try on. What a try got done before it failed may be done a second time, under the same key.`
  }
  async function decide(reason: string): Promise<void> {
    const asked = props.question
    if (asked?.deed === 'drop') {
      await dropDeadLetter(props.reactor, asked.letter.eventId, reason)
      showToast(`${asked.letter.type} will have no effects.`)
    } else if (asked) {
      const eventId = asked.deed === 'retry' ? asked.letter.eventId : undefined
      const count = await retryDeadLetters(props.reactor, eventId, reason)
      showToast(`${formatPlural(count, 'event is', 'events are')} tried again.`)
    }
    props.onDone()
  }

  return (
    <ConfirmDialog
      open={props.question !== undefined}
      title={isDrop() ? 'Drop the event’s effects?' : 'Try again?'}
      words={words()}
      confirm={isDrop() ? 'Drop' : 'Try again'}
      danger={isDrop()}
      reasonLabel="Reason"
      onConfirm={decide}
      onClose={() => props.onClose()}
    />
  )
}
