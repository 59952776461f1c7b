import { useSearchParams } from '@solidjs/router'
import { createMemo, type JSX, Show } from 'solid-js'
import { RpcStatus } from '#vortex/protocol/platform-tuples.ts'
import { useObservable } from '#web/sdk'
import {
  Card,
  Checkbox,
  type Column,
  DataTable,
  EmptyState,
  formatCount,
  formatRate,
  LiveView,
  Page,
  PageTitle,
  RelativeTime,
  TextInput,
} from '#web/ui'
import { type CallRow, failureWords, isCallFound, lengthWords, listenerWords, sumWords } from './call-looks.ts'
import { TwoLines } from './two-lines.tsx'

/** Calls between the parts of plugins: how often, how long they take, and how they fail; one row a listener. */
export function CallsPage(): JSX.Element {
  const calls = useObservable(RpcStatus, () => ({}))
  const [search, setSearch] = useSearchParams<{ find?: string; failed?: string }>()
  const typed = () => (search.find ?? '').trim()
  const onlyFailed = () => search.failed === 'yes'
  const found = createMemo(() =>
    calls.rows.filter((row) => (!onlyFailed() || row.failureCount > 0) && isCallFound(row, typed())),
  )
  return (
    <Page>
      <PageTitle
        title="Calls"
        words="Calls between the parts of plugins since their services started; who was not called for a quarter of an hour is left out."
      />
      <LiveView of={calls}>
        <Show
          when={calls.rows.length > 0}
          fallback={
            <EmptyState
              title="No calls yet"
              words="They show here as soon as a part of a plugin calls another, on any service."
            />
          }
        >
          <div class="mb-4 flex flex-wrap items-start gap-x-6 gap-y-2">
            <TextInput
              type="search"
              class="w-full max-w-md"
              label="Find"
              hint="A call, plugin, role, instance, zone or failure"
              value={search.find ?? ''}
              onInput={(find) => setSearch({ find: find === '' ? undefined : find }, { replace: true })}
            />
            <div class="sm:pt-6">
              <Checkbox
                label="Only with failures"
                checked={onlyFailed()}
                onChange={(checked) => setSearch({ failed: checked ? 'yes' : undefined }, { replace: true })}
              />
            </div>
          </div>
          <Card title="Calls" words={sumWords(found())} flush>
            <DataTable
              caption="Calls"
              columns={columns}
              rows={found()}
              sortedBy={{ title: 'Call', isDescending: false }}
              rowProps={(row) => ({ 'data-testid': `call-${row.id}` })}
              empty={<EmptyState title="No call is like that" words="Other words, or all calls, may show more." />}
            />
          </Card>
        </Show>
      </LiveView>
    </Page>
  )
}

const columns: readonly Column<CallRow>[] = [
  {
    title: 'Call',
    isHeader: true,
    sortBy: (row) => row.name,
    cell: (row) => <TwoLines first={row.name} second={`seen by ${row.seenBy}`} />,
  },
  {
    title: 'Listener',
    sortBy: (row) => (row.listensOn === '' ? null : listenerWords(row)),
    cell: (row) => (
      <TwoLines
        first={<span class="whitespace-nowrap">{listenerWords(row)}</span>}
        second={row.zone === '' ? '' : `zone ${row.zone}`}
      />
    ),
  },
  { title: 'Rate', align: 'end', sortBy: (row) => row.ratePerSecond, cell: (row) => formatRate(row.ratePerSecond) },
  { title: 'In flight', align: 'end', sortBy: (row) => row.inFlight, cell: (row) => formatCount(row.inFlight) },
  {
    title: 'p50, p99',
    align: 'end',
    sortBy: (row) => row.p99Ms,
    cell: (row) => (
      <TwoLines first={lengthWords(row.p50Ms)} second={row.p99Ms === null ? '' : lengthWords(row.p99Ms)} />
    ),
  },
  {
    title: 'Calls',
    align: 'end',
    sortBy: (row) => row.callCount,
    cell: (row) => <TwoLines first={formatCount(row.callCount)} second={<RelativeTime at={row.lastCallAt} />} />,
  },
  {
    title: 'Failures',
    align: 'end',
    sortBy: (row) => row.failureCount,
    cell: (row) => <TwoLines first={formatCount(row.failureCount)} second={failureWords(row)} />,
  },
  {
    title: 'Last failure',
    sortBy: (row) => (row.lastFailureAt === null ? null : -row.lastFailureAt),
    cell: (row) => <LastFailure row={row} />,
  },
]

function LastFailure(props: { readonly row: CallRow }): JSX.Element {
  return (
    <Show when={props.row.lastFailureAt} fallback="–">
      {(at) => (
        <div class="min-w-44 max-w-md">
          <span class="block wrap-anywhere">{props.row.lastFailure}</span>
          <RelativeTime at={at()} class="text-xs text-ink-muted" />
        </div>
      )}
    </Show>
  )
}
