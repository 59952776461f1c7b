import { createMemo, createSignal, type JSX, Match, onMount, Show, Switch } from 'solid-js'
import type { OutboxRecord, OutboxState } from '#web/sdk/device-store/outbox-record.ts'
import { Button, EmptyState, ErrorPanel, Loading, SelectInput } from '#web/ui'
import { OutboxList } from './outbox-list.tsx'
import { mergeHistory } from './outbox-sections.ts'
import type { OutboxSurroundings } from './outbox-view.ts'

const defaultPageCount = 50
const ends = ['all', 'accepted', 'changed', 'refused', 'discarded'] as const
type End = (typeof ends)[number]
const endTitles: Readonly<Record<End, string>> = {
  all: 'All',
  accepted: 'Accepted',
  changed: 'Accepted with change',
  refused: 'Refused',
  discarded: 'Discarded',
} satisfies Readonly<Record<'all' | Exclude<OutboxState, 'waiting' | 'sent' | 'stuck'>, string>>

/** What was sent and what became of it, the latest first, read from the device a page at a time. */
export function OutboxHistory(
  props: OutboxSurroundings & { readonly empty: JSX.Element; readonly pageCount?: number },
): JSX.Element {
  const pageCount = props.pageCount ?? defaultPageCount
  const [pages, setPages] = createSignal<readonly OutboxRecord[]>([])
  const [state, setState] = createSignal<'loading' | 'more' | 'all'>('loading')
  const [words, setWords] = createSignal<string>()
  const [end, setEnd] = createSignal<End>('all')
  const records = createMemo(() => mergeHistory(pages(), props.outbox.records()))
  const shown = createMemo(() => (end() === 'all' ? records() : records().filter((record) => record.state === end())))

  async function loadMore(): Promise<void> {
    setWords(undefined)
    setState('loading')
    const before = pages().at(-1)?.seq
    try {
      const page = await props.outbox.history({ countMax: pageCount, ...(before !== undefined && { before }) })
      setPages((known) => [...known, ...page])
      setState(page.length < pageCount ? 'all' : 'more')
    } catch (error) {
      setWords(error instanceof Error ? error.message : String(error))
      setState('more')
    }
  }
  onMount(() => void loadMore())

  return (
    <Switch>
      <Match when={state() === 'loading' && records().length === 0}>
        <Loading label="Reading what was sent" />
      </Match>
      <Match when={words() && records().length === 0 ? words() : undefined}>
        {(text) => <ErrorPanel title="The history cannot be read" words={text()} onRetry={() => void loadMore()} />}
      </Match>
      <Match when={records().length === 0}>{props.empty}</Match>
      <Match when={true}>
        <SelectInput
          label="What became of it"
          class="mb-3 max-w-64"
          value={end()}
          options={ends.map((value) => ({ value, title: endTitles[value] }))}
          onChange={setEnd}
        />
        <OutboxList
          outbox={props.outbox}
          pluginTitle={props.pluginTitle}
          label="History"
          records={shown()}
          empty={<EmptyState title="None of these" words={`Nothing here ended as “${endTitles[end()]}”.`} />}
          more={<More />}
        />
        <Show when={shown().length === 0}>
          <More />
        </Show>
      </Match>
    </Switch>
  )

  function More(): JSX.Element {
    return (
      <Show when={state() !== 'all'}>
        <Button busy={state() === 'loading'} onClick={() => void loadMore()}>
          Show earlier ones
        </Button>
        <Show when={words()}>{(text) => <span class="text-sm text-alarm">{text()}</span>}</Show>
      </Show>
    )
  }
}
