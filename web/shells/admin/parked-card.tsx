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
  NumberInput,
  parseTypedNumber,
  RelativeTime,
  showToast,
} from '#web/ui'
import { createPagedList } from './create-paged-list.ts'
import { type GroupName, loadParked, type ParkedMessage, replayParked } from './event-store-api.ts'

/** What is parked by the hundred is replayed, not read. */
const messageCountMax = 500

/** What the consumers of one group gave up on: which event, why, when; and giving it to them again. */
export function ParkedCard(props: {
  readonly name: GroupName
  readonly parkedCount: number
  onClose(): void
}): JSX.Element {
  const list = createPagedList({
    of: () => `${props.name.stream}::${props.name.group}`,
    news: () => props.parkedCount,
    load: async (from: number | undefined, signal) => {
      const { messages: rows, next } = await loadParked(props.name, from, signal)
      return { rows, next }
    },
    countMax: messageCountMax,
  })
  const [typed, setTyped] = createSignal('')
  const [isAsking, setAsking] = createSignal(false)
  const countMax = () => parseTypedNumber(typed())
  const countError = () => {
    if (typed().trim() === '') return undefined
    const count = countMax()
    return count !== undefined && Number.isInteger(count) && count >= 1
      ? undefined
      : 'A whole number from 1, or nothing.'
  }
  const which = () => {
    const count = countMax()
    return count === undefined || count >= props.parkedCount
      ? 'All parked messages'
      : `The ${formatPlural(count, 'oldest parked message', 'oldest parked messages')}`
  }

  let place: HTMLDivElement | undefined
  // On a small screen it opens below what can be seen.
  onMount(() => place?.scrollIntoView({ block: 'nearest' }))

  async function replay(reason: string): Promise<void> {
    await replayParked(props.name, countMax(), reason)
    setTyped('')
    showToast(`${props.name.group} gets its parked messages again.`)
    list.refresh()
  }

  return (
    <Card
      title={`Parked by ${props.name.group}`}
      words="Messages its consumers could not handle, oldest first. Replaying gives them to the consumers again."
      flush
      actions={
        <Button onClick={() => props.onClose()} aria-label="Close parked messages">
          Close
        </Button>
      }
    >
      <div data-testid="parked-messages" ref={place}>
        <Switch>
          <Match when={list.state() === 'loading'}>
            <Loading label="Loading parked messages" lineCount={3} />
          </Match>
          <Match when={list.state() === 'failed'}>
            <ErrorPanel
              title="The parked messages cannot be shown"
              words={list.words() ?? ''}
              onRetry={() => list.refresh()}
            />
          </Match>
          <Match when={list.rows().length === 0}>
            <EmptyState
              title="Nothing is parked"
              words="Every message of this group was handled, or is still being tried."
            />
          </Match>
          <Match when={true}>
            <form
              class="flex flex-wrap items-end gap-3 border-b border-line px-4 py-3 sm:px-5"
              onSubmit={(event) => {
                event.preventDefault()
                if (countError() === undefined) setAsking(true)
              }}
            >
              <NumberInput
                label="How many, oldest first"
                placeholder="all"
                class="w-44"
                value={typed()}
                error={countError()}
                onInput={setTyped}
              />
              <Button type="submit" tone="primary">
                Replay
              </Button>
            </form>
            <Show when={list.words()}>{(words) => <InlineNotice class="m-3">{words()}</InlineNotice>}</Show>
            <ul aria-label="Parked messages" class="divide-y divide-line">
              <For each={list.rows()}>{(message) => <ParkedRow message={message} />}</For>
            </ul>
            <Show when={list.hasMore()}>
              <div class="border-t border-line p-3 text-center">
                <Button busy={list.isLoadingMore()} onClick={() => void list.loadMore()}>
                  More parked messages
                </Button>
              </div>
            </Show>
          </Match>
        </Switch>
      </div>
      <ConfirmDialog
        open={isAsking()}
        title="Replay parked messages?"
        words={`${which()} of ${props.name.group} go to its consumers again. What they cannot handle is parked again.`}
        confirm="Replay"
        reasonLabel="Reason"
        onConfirm={replay}
        onClose={() => setAsking(false)}
      />
    </Card>
  )
}

function ParkedRow(props: { readonly message: ParkedMessage }): JSX.Element {
  const retries = () => {
    const { retryCount } = props.message
    if (retryCount === undefined) return ''
    return retryCount === 0 ? 'not tried again' : `tried again ${formatPlural(retryCount, 'time')}`
  }
  return (
    <li
      class="grid gap-x-4 gap-y-0.5 px-4 py-2.5 text-sm sm:grid-cols-[minmax(0,1.4fr)_minmax(0,1fr)_auto] sm:px-5"
      data-testid={`parked-${props.message.revision}`}
    >
      <div class="min-w-0">
        <Show
          when={props.message.event}
          fallback={
            <>
              <span class="block font-medium">The event is gone</span>
              <span class="block truncate font-mono text-xs text-ink-muted">{props.message.link}</span>
            </>
          }
        >
          {(event) => (
            <>
              <span class="block truncate font-medium">{event().type}</span>
              <a
                href={`/audit?stream=${encodeURIComponent(event().stream)}`}
                class="block truncate font-mono text-xs text-accent hover:underline"
                title={`Show the events of ${event().stream}`}
              >
                {event().stream}, revision {event().revision}
              </a>
            </>
          )}
        </Show>
      </div>
      <p class="min-w-0 wrap-anywhere">
        {props.message.reason || <span class="text-ink-muted">no reason given</span>}
        <Show when={retries()}>
          <span class="block text-xs text-ink-muted">{retries()}</span>
        </Show>
      </p>
      <span class="text-ink-muted sm:text-right">
        <Show when={props.message.parkedAt > 0} fallback="–">
          <RelativeTime at={props.message.parkedAt} />
        </Show>
      </span>
    </li>
  )
}
