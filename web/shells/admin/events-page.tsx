import { useSearchParams } from '@solidjs/router'
import ArrowUp from 'lucide-solid/icons/arrow-up'
import RefreshCw from 'lucide-solid/icons/refresh-cw'
import Search from 'lucide-solid/icons/search'
import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { Button, Card, EmptyState, ErrorPanel, InlineNotice, Loading, Page, PageTitle, TextInput } from '#web/ui'
import type { EventFilter } from './admin-api.ts'
import { createEventList } from './create-event-list.ts'
import { EventRow } from './event-row.tsx'

/** The log, newest first. The filter, and the event that is open, are part of the address: it can be sent to somebody. */
export function EventsPage(): JSX.Element {
  const [params, setParams] = useSearchParams<{ stream?: string; type?: string; event?: string }>()
  const filter = createMemo(() => ({ stream: params.stream ?? '', type: params.type ?? '' }), undefined, {
    equals: (a, b) => a.stream === b.stream && a.type === b.type,
  })
  const list = createEventList(filter)
  const isFiltered = () => filter().stream !== '' || filter().type !== ''
  return (
    <Page>
      <PageTitle
        title="Events"
        words="Everything that happened, newest first. Refused actions are events too."
        actions={
          <Button onClick={() => list.refresh()} icon={<RefreshCw class="size-4" aria-hidden="true" />}>
            Refresh
          </Button>
        }
      />
      <FilterForm
        filter={filter()}
        onFilter={(next) => setParams({ stream: next.stream, type: next.type, event: undefined })}
      />
      <div role="status">
        <Show when={list.newer()}>
          {(count) => (
            <div class="mb-3 text-center">
              <Button onClick={() => list.refresh()} icon={<ArrowUp class="size-4" aria-hidden="true" />}>
                {count() === '1' ? '1 new event' : `${count()} new events`}
              </Button>
            </div>
          )}
        </Show>
      </div>
      <Switch>
        <Match when={list.state() === 'loading'}>
          <Card flush>
            <Loading label="Loading events" lineCount={6} />
          </Card>
        </Match>
        <Match when={list.state() === 'failed'}>
          <ErrorPanel title="The events cannot be shown" words={list.words() ?? ''} onRetry={() => list.refresh()} />
        </Match>
        <Match when={list.events().length === 0}>
          <Card flush>
            <EmptyState
              title={isFiltered() ? 'No event fits the filter' : 'Nothing has happened yet'}
              words={
                isFiltered()
                  ? 'Names are compared from their beginning, capitals count.'
                  : 'As soon as somebody does something, it appears here.'
              }
              actions={
                <Show when={isFiltered()}>
                  <Button onClick={() => setParams({ stream: '', type: '' })}>Show all events</Button>
                </Show>
              }
            />
          </Card>
        </Match>
        <Match when={true}>
          <ul
            aria-label="Events"
            class="divide-y divide-line overflow-hidden rounded-card border border-line bg-surface"
          >
            <For each={list.events()}>{(event) => <EventRow event={event} isAsked={event.id === params.event} />}</For>
          </ul>
          <Show when={list.words()}>{(words) => <InlineNotice class="mt-3">{words()}</InlineNotice>}</Show>
          <Show when={list.hasOlder()}>
            <div class="mt-4 text-center">
              <Button busy={list.isLoadingOlder()} onClick={() => void list.loadOlder()}>
                Older events
              </Button>
            </div>
          </Show>
        </Match>
      </Switch>
    </Page>
  )
}

function FilterForm(props: { readonly filter: EventFilter; onFilter(filter: EventFilter): void }): JSX.Element {
  const [stream, setStream] = createSignal(props.filter.stream)
  const [type, setType] = createSignal(props.filter.type)
  return (
    <search>
      <form
        class="mb-4 flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          props.onFilter({ stream: stream().trim(), type: type().trim() })
        }}
      >
        <TextInput
          label="Stream begins with"
          placeholder="tutorial.StringInt-"
          class="w-full sm:w-64"
          value={stream()}
          onInput={setStream}
          autocomplete="off"
          spellcheck={false}
        />
        <TextInput
          label="Type begins with"
          placeholder="tutorial."
          class="w-full sm:w-56"
          value={type()}
          onInput={setType}
          autocomplete="off"
          spellcheck={false}
        />
        <Button type="submit" icon={<Search class="size-4" aria-hidden="true" />}>
          Filter
        </Button>
      </form>
    </search>
  )
}
