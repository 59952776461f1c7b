import { type JSX, Show } from 'solid-js'
import { StoreSlowRead, StoreSubscriptionStatus } from '#vortex/protocol/store-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { useObservable } from '#web/sdk'
import {
  Card,
  type Column,
  DataTable,
  EmptyState,
  formatBytes,
  formatCount,
  formatPlural,
  formatShortLength,
  LiveView,
  RelativeTime,
} from '#web/ui'
import type { StoreRow } from './status-looks.ts'
import { notReported } from './store-figures-card.tsx'

type SubscriptionRow = TupleOf<typeof StoreSubscriptionStatus>
type SlowReadRow = TupleOf<typeof StoreSlowRead>

/** Who follows the log just now, and how far each has come. */
export function StoreSubscriptionsCard(props: { readonly status: StoreRow }): JSX.Element {
  const subscriptions = useObservable(StoreSubscriptionStatus, () => ({}))
  return (
    <Card
      title="Subscriptions"
      words="Programs that follow the log at their own pace and keep track of it themselves."
      flush
    >
      <LiveView of={subscriptions}>
        <DataTable
          caption="Subscriptions"
          columns={subscriptionColumns}
          rows={subscriptions.rows}
          empty={
            <EmptyState
              title={props.status.reportsSubscriptions ? 'Nobody follows the log' : 'Subscriptions are not shown'}
              words={
                props.status.reportsSubscriptions
                  ? 'A program appears here while it is connected.'
                  : `They are ${notReported}.`
              }
            />
          }
        />
      </LiveView>
    </Card>
  )
}

const subscriptionColumns: readonly Column<SubscriptionRow>[] = [
  {
    title: 'Follows',
    isHeader: true,
    cell: (row) => (
      <>
        <span class="block max-w-40 truncate sm:max-w-72" title={row.source}>
          {row.source === '$all' ? 'The whole log' : row.source}
        </span>
        <Show when={row.filter}>
          <span class="block max-w-40 truncate sm:max-w-72 text-xs font-normal text-ink-muted" title={row.filter}>
            {row.filter}
          </span>
        </Show>
      </>
    ),
  },
  { title: 'Behind', align: 'end', cell: (row) => <span class="whitespace-nowrap">{behind(row)}</span> },
  { title: 'At', align: 'end', cell: (row) => <span class="font-mono text-xs">{row.position}</span> },
  { title: 'Since', cell: (row) => <RelativeTime at={row.since} /> },
  { title: 'From', cell: (row) => <span class="font-mono text-xs whitespace-nowrap">{row.peer}</span> },
]

function behind({ lagBytes, lagEvents }: SubscriptionRow): string {
  if (lagEvents !== null) return lagEvents === 0 ? 'up to date' : formatPlural(lagEvents, 'event')
  if (lagBytes !== null) return lagBytes === 0 ? 'up to date' : formatBytes(lagBytes)
  return '–'
}

/** The rest is only less slow. */
const shownCountMax = 10

/** What took longest to read lately, without the time its reader took. */
export function SlowReadsCard(props: { readonly status: StoreRow }): JSX.Element {
  const reads = useObservable(StoreSlowRead, () => ({}))
  const slowestFirst = () => [...reads.rows].sort((a, b) => b.lengthMs - a.lengthMs).slice(0, shownCountMax)
  return (
    <Card
      title="Slowest reads"
      words="Of the last ten minutes; the time a reader kept the store waiting does not count."
      flush
    >
      <LiveView of={reads}>
        <DataTable
          caption="Slowest reads"
          columns={slowReadColumns}
          rows={slowestFirst()}
          empty={
            <EmptyState
              title={props.status.reportsSlowReads ? 'No slow read' : 'Slow reads are not shown'}
              words={
                props.status.reportsSlowReads
                  ? 'Every read of the last ten minutes was answered within a few milliseconds.'
                  : `They are ${notReported}.`
              }
            />
          }
        />
      </LiveView>
    </Card>
  )
}

const slowReadColumns: readonly Column<SlowReadRow>[] = [
  {
    title: 'Read',
    isHeader: true,
    cell: (row) => (
      <>
        <span class="block max-w-40 truncate sm:max-w-72" title={row.source}>
          {row.source === '$all' ? 'The whole log' : row.source}
        </span>
        <span class="block text-xs font-normal whitespace-nowrap text-ink-muted">
          {row.direction} from {row.from}
        </span>
      </>
    ),
  },
  {
    title: 'Took',
    align: 'end',
    cell: (row) => <span class="whitespace-nowrap">{formatShortLength(row.lengthMs)}</span>,
  },
  { title: 'Events', align: 'end', cell: (row) => formatCount(row.eventCount) },
  { title: 'When', cell: (row) => <RelativeTime at={row.endedAt} /> },
  { title: 'From', cell: (row) => <span class="font-mono text-xs whitespace-nowrap">{row.peer}</span> },
]
