import { createResource, createSignal, For, type JSX, Match, onCleanup, Show, Switch } from 'solid-js'
import {
  Button,
  Card,
  Checkbox,
  DataTable,
  EmptyState,
  ErrorPanel,
  formatCount,
  formatPlural,
  InlineNotice,
  Loading,
  NumberInput,
  Progress,
  parseTypedNumber,
  SelectInput,
  StatusPill,
  type StatusTone,
  TextInput,
} from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { loadSubjects, type PastSubjects } from './past-api.ts'
import { PastFrame } from './past-frame.tsx'
import { CellText } from './past-rows-view.tsx'
import { cellWords, fromDateInput } from './past-words.ts'
import {
  cancelReplay,
  dropReplay,
  loadComparison,
  loadReplayRows,
  loadReplays,
  type Replay,
  type ReplayPage,
  startReplay,
} from './replay-api.ts'

const lookEveryMs = 1_000
const pageSize = 50

/** A slice of history through a projection, into tables of its own: to see what it gives, and how that differs. */
export function PastReplayPage(): JSX.Element {
  const subjects = createLoaded(
    () => true,
    (_, signal) => loadSubjects(signal),
  )
  const [replays, { refetch }] = createResource(() => loadReplays())
  const timer = setInterval(() => {
    const isRunning = replays.latest?.some(({ phase }) => phase === 'running')
    if (isRunning && !document.hidden) void refetch()
  }, lookEveryMs)
  onCleanup(() => clearInterval(timer))
  return (
    <PastFrame words="What a projection makes of a slice of history, beside the live rows and without touching them.">
      <Switch>
        <Match when={subjects.state() === 'failed'}>
          <ErrorPanel
            title="Nothing can be replayed"
            words={subjects.words() ?? ''}
            onRetry={() => subjects.reload()}
          />
        </Match>
        <Match when={subjects.value()}>
          {(known) => <ReplayForm subjects={known()} onBegun={() => void refetch()} />}
        </Match>
      </Switch>
      <Show when={replays.error}>
        <InlineNotice class="mb-4">{replays.error instanceof Error ? replays.error.message : ''}</InlineNotice>
      </Show>
      <Show when={!replays.error}>
        <For
          each={replays.latest ?? []}
          fallback={
            <Card flush>
              <Show when={!replays.loading} fallback={<Loading label="Loading replays" lineCount={3} />}>
                <EmptyState
                  title="No replay yet"
                  words="A replay starts from empty tables and is kept until it is dropped; the last three at most."
                />
              </Show>
            </Card>
          }
        >
          {(replay) => <ReplayCard replay={replay} onChange={() => void refetch()} />}
        </For>
      </Show>
    </PastFrame>
  )
}

function ReplayForm(props: { readonly subjects: PastSubjects; onBegun(): void }): JSX.Element {
  const [projection, setProjection] = createSignal('')
  const [version, setVersion] = createSignal('')
  const [from, setFrom] = createSignal('')
  const [to, setTo] = createSignal('')
  const [stream, setStream] = createSignal('')
  const [type, setType] = createSignal('')
  const [isBusy, setBusy] = createSignal(false)
  const [words, setWords] = createSignal<string>()
  const chosen = () => projection() || (props.subjects.projections[0]?.id ?? '')
  const today = () => props.subjects.projections.find(({ id }) => id === chosen())?.version

  async function start(): Promise<void> {
    setBusy(true)
    setWords(undefined)
    try {
      await startReplay({
        projection: chosen(),
        version: parseTypedNumber(version()) ?? null,
        from: fromDateInput(from()) ?? '',
        to: fromDateInput(to()) ?? 'now',
        stream: stream().trim(),
        type: type().trim(),
      })
      props.onBegun()
    } catch (error) {
      setWords(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Card class="mb-4" title="Replay a slice" words="Live rows and the log are not touched.">
      <form
        class="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void start()
        }}
      >
        <div class="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
          <SelectInput
            label="Projection"
            value={chosen()}
            options={props.subjects.projections.map(({ id }) => ({ value: id, title: id }))}
            onChange={setProjection}
          />
          <NumberInput
            label="Version"
            placeholder={today() === undefined ? '' : `${today()}, today's`}
            hint="Earlier ones where their code was kept."
            value={version()}
            onInput={setVersion}
          />
          <TextInput
            label="Type begins with"
            placeholder="any"
            value={type()}
            onInput={setType}
            autocomplete="off"
            spellcheck={false}
          />
          <TextInput
            type="datetime-local"
            step="1"
            label="After"
            hint="Empty: from the beginning."
            value={from()}
            onInput={setFrom}
          />
          <TextInput
            type="datetime-local"
            step="1"
            label="Up to"
            hint="Empty: until now."
            value={to()}
            onInput={setTo}
          />
          <TextInput
            label="Stream begins with"
            placeholder="any"
            value={stream()}
            onInput={setStream}
            autocomplete="off"
            spellcheck={false}
          />
        </div>
        <Show when={words()}>{(text) => <InlineNotice>{text()}</InlineNotice>}</Show>
        <div>
          <Button type="submit" tone="primary" busy={isBusy()} disabled={chosen() === ''}>
            Replay
          </Button>
        </div>
      </form>
    </Card>
  )
}

const phases: Readonly<Record<Replay['phase'], { readonly title: string; readonly tone: StatusTone }>> = {
  running: { title: 'Running', tone: 'busy' },
  done: { title: 'Done', tone: 'normal' },
  cancelled: { title: 'Cancelled', tone: 'warning' },
  failed: { title: 'Failed', tone: 'alarm' },
}

function ReplayCard(props: { readonly replay: Replay; onChange(): void }): JSX.Element {
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
