import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import {
  Button,
  Card,
  Checkbox,
  DataTable,
  EmptyState,
  formatCount,
  formatPlural,
  InlineNotice,
  Progress,
  StatusPill,
  type StatusTone,
} from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { CellText } from './past-rows-view.tsx'
import { cellWords } from './past-words.ts'
import { cancelReplay, dropReplay, loadComparison, loadReplayRows, type Replay, type ReplayPage } from './replay-api.ts'

const pageSize = 50

const phases: Readonly<Record<Replay['phase'], { readonly title: string; readonly tone: StatusTone }>> = {
  running: { title: 'Running', tone: 'busy' },
  done: { title: 'Done', tone: 'normal' },
  cancelled: { title: 'Cancelled', tone: 'warning' },
  failed: { title: 'Failed', tone: 'alarm' },
}

/** One replay: how far it is, what it could not take, and its rows. */
export function ReplayCard(props: { readonly replay: Replay; onChange(): void }): JSX.Element {
  const [words, setWords] = createSignal<string>()
  const [withLive, setWithLive] = createSignal(false)
  const isRunning = () => props.replay.phase === 'running'
  const act = async (work: (id: string) => Promise<void>): Promise<void> => {
    setWords(undefined)
    await work(props.replay.id).catch((error: unknown) =>
      setWords(error instanceof Error ? error.message : String(error)),
    )
    props.onChange()
  }
  return (
    <Card
      class="mb-4"
      title={`${props.replay.projection}, version ${props.replay.version ?? ''}`}
      words={sliceWords(props.replay)}
      actions={
        <>
          <StatusPill tone={phases[props.replay.phase].tone}>{phases[props.replay.phase].title}</StatusPill>
          <Show when={isRunning()} fallback={<Button onClick={() => void act(dropReplay)}>Drop</Button>}>
            <Button onClick={() => void act(cancelReplay)}>Cancel</Button>
          </Show>
        </>
      }
    >
      <div class="grid gap-4" data-testid="replay">
        <Show when={words()}>{(text) => <InlineNotice>{text()}</InlineNotice>}</Show>
        <Show when={props.replay.error}>{(text) => <InlineNotice>{text()}</InlineNotice>}</Show>
        <Show when={isRunning()}>
          <Progress
            label="Replaying"
            value={props.replay.share}
            words={`${Math.floor(props.replay.share * 100)} %, ${formatPlural(props.replay.eventCount, 'event')}`}
          />
        </Show>
        <Failures replay={props.replay} />
        <Show when={!isRunning()}>
          <Show when={props.replay.isComparable}>
            <Checkbox label="Compare with the live rows" checked={withLive()} onChange={setWithLive} />
          </Show>
          <Show when={withLive()}>
            <Comparison id={props.replay.id} />
          </Show>
          <For each={props.replay.tables}>
            {(table) => <ReplayTable id={props.replay.id} table={table} withLive={withLive()} />}
          </For>
        </Show>
      </div>
    </Card>
  )
}

function sliceWords(replay: Replay): string {
  const parts = [
    formatPlural(replay.eventCount, 'event'),
    replay.stream === '' ? '' : `streams ${replay.stream}…`,
    replay.type === '' ? '' : `types ${replay.type}…`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

function Failures(props: { readonly replay: Replay }): JSX.Element {
  return (
    <Show when={props.replay.parkedCount > 0}>
      <InlineNotice tone="warning">
        {formatPlural(props.replay.parkedCount, 'event')} could not be taken: a slice that begins in the middle changes
        rows that are not there.
        <ul class="mt-1 list-disc pl-5">
          <For each={props.replay.failures.slice(0, 5)}>
            {(failure) => (
              <li>
                {failure.type} in {failure.stream}: {failure.words}
              </li>
            )}
          </For>
        </ul>
      </InlineNotice>
    </Show>
  )
}

function Comparison(props: { readonly id: string }): JSX.Element {
  const compared = createLoaded(() => props.id, loadComparison)
  return (
    <Switch>
      <Match when={compared.words()}>{(words) => <InlineNotice>{words()}</InlineNotice>}</Match>
      <Match when={compared.value()}>
        {(tables) => (
          <ul class="grid gap-1 text-sm" data-testid="replay-comparison">
            <For each={tables()}>
              {({ table, equal, different, onlyHere, onlyLive }) => (
                <li>
                  {table}: {formatCount(equal)} equal, {formatCount(different)} different, {formatCount(onlyHere)} only
                  here, {formatCount(onlyLive)} only live
                </li>
              )}
            </For>
          </ul>
        )}
      </Match>
    </Switch>
  )
}

function ReplayTable(props: { readonly id: string; readonly table: string; readonly withLive: boolean }): JSX.Element {
  const [offset, setOffset] = createSignal(0)
  const page = createLoaded(
    () => ({ table: props.table, offset: offset(), limit: pageSize, live: props.withLive }),
    (asked, signal) => loadReplayRows(props.id, asked, signal),
  )
  const title = () => `Rows of ${props.table}`
  return (
    <div class="overflow-hidden rounded-control border border-line">
      <Show when={page.words()}>{(words) => <InlineNotice class="m-3">{words()}</InlineNotice>}</Show>
      <Show when={page.value()}>
        {(found) => (
          <>
            <p class="px-5 py-2 text-sm font-medium">
              {props.table}: {formatPlural(found().rowCount, 'row')}
            </p>
            <DataTable<ReplayPage['rows'][number]>
              caption={title()}
              columns={[
                ...found().columns.map((column) => ({
                  title: column,
                  isHeader: column === found().keyedBy[0],
                  cell: (each: ReplayPage['rows'][number]) => <CellText value={each.row[column]} />,
                })),
                ...(props.withLive ? [liveColumn] : []),
              ]}
              rows={found().rows}
              empty={<EmptyState title="No rows" words="The slice left nothing in this table." />}
            />
            <Show when={found().rowCount > pageSize}>
              <div class="flex items-center justify-end gap-2 border-t border-line p-2">
                <Button disabled={offset() === 0} onClick={() => setOffset((from) => Math.max(0, from - pageSize))}>
                  Previous
                </Button>
                <Button
                  disabled={offset() + pageSize >= found().rowCount}
                  onClick={() => setOffset((from) => from + pageSize)}
                >
                  Next
                </Button>
              </div>
            </Show>
          </>
        )}
      </Show>
    </div>
  )
}

const liveColumn = {
  title: 'Live',
  cell: ({ live, fields }: ReplayPage['rows'][number]) => {
    if (live === null) return <StatusPill tone="warning">Not there</StatusPill>
    if (fields.length === 0) return <StatusPill tone="normal">Equal</StatusPill>
    return <CellText value={fields.map((field) => `${field}: ${cellWords(live?.[field])}`).join(', ')} />
  },
}
