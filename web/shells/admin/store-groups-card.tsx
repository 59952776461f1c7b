import { useSearchParams } from '@solidjs/router'
import { type JSX, Show } from 'solid-js'
import {
  Button,
  Card,
  type Column,
  DataTable,
  EmptyState,
  formatCount,
  formatPlural,
  formatRate,
  StatusPill,
} from '#web/ui'
import { ParkedCard } from './parked-card.tsx'
import type { GroupRow, StoreRow } from './status-looks.ts'

/** Consumers that share a stream, how far they are, and what they could not handle. The open one is in the address. */
export function StoreGroupsCard(props: {
  readonly status: StoreRow
  readonly groups: readonly GroupRow[]
}): JSX.Element {
  const [params, setParams] = useSearchParams<{ parked?: string }>()
  const opened = () => props.groups.find((group) => group.id === params.parked)
  return (
    <>
      <Card
        title="Persistent subscriptions"
        words="Groups of consumers that share the work. The store keeps track of what each group has handled."
        flush
      >
        <DataTable
          caption="Persistent subscriptions"
          columns={groupColumns((id) => setParams({ parked: id }))}
          rows={props.groups}
          rowProps={(row) => ({ 'data-testid': `group-${row.id}` })}
          empty={
            <EmptyState
              title={props.status.groupsWords === null ? 'There are none' : 'They cannot be shown'}
              words={props.status.groupsWords ?? 'A program creates one to share its work among several consumers.'}
            />
          }
        />
      </Card>
      <Show when={opened()}>
        {(group) => (
          <ParkedCard
            name={{ stream: group().stream, group: group().group }}
            parkedCount={group().parkedCount}
            onClose={() => setParams({ parked: '' })}
          />
        )}
      </Show>
    </>
  )
}

function groupColumns(onOpen: (id: string) => void): readonly Column<GroupRow>[] {
  return [
    {
      title: 'Group',
      isHeader: true,
      cell: (row) => (
        <>
          <span class="block">{row.group}</span>
          <span class="block max-w-64 truncate font-mono text-xs font-normal text-ink-muted" title={row.stream}>
            {row.stream}
          </span>
        </>
      ),
    },
    {
      title: 'Consumers',
      cell: (row) => (
        <>
          <span class="block whitespace-nowrap">
            {row.consumerCount === 0 ? 'none connected' : formatCount(row.consumerCount)}
          </span>
          <span class="block text-xs whitespace-nowrap text-ink-muted">
            {row.strategy}, {row.status}
          </span>
        </>
      ),
    },
    { title: 'Behind', align: 'end', cell: (row) => <GroupLag row={row} /> },
    {
      title: 'In flight',
      align: 'end',
      cell: (row) => (
        <>
          <span class="block">{formatCount(row.inFlightCount)}</span>
          <span class="block text-xs whitespace-nowrap text-ink-muted">{formatCount(row.bufferedCount)} buffered</span>
        </>
      ),
    },
    { title: 'To retry', align: 'end', cell: (row) => formatCount(row.retryCount) },
    {
      title: 'Rate',
      align: 'end',
      cell: (row) => (
        <>
          <span class="block whitespace-nowrap">{formatRate(row.ratePerSecond)}</span>
          <span class="block text-xs whitespace-nowrap text-ink-muted">{formatPlural(row.totalCount, 'event')}</span>
        </>
      ),
    },
    {
      title: 'Parked',
      align: 'end',
      cell: (row) => (
        <Show when={row.parkedCount > 0} fallback="0">
          <StatusPill tone="warning" title="Messages the consumers gave up on">
            {formatCount(row.parkedCount)}
          </StatusPill>
        </Show>
      ),
    },
    {
      title: 'Actions',
      hideTitle: true,
      align: 'end',
      cell: (row) => (
        <Button onClick={() => onOpen(row.id)} aria-label={`Show parked messages of ${row.group} on ${row.stream}`}>
          Show parked
        </Button>
      ),
    },
  ]
}

function GroupLag(props: { readonly row: GroupRow }): JSX.Element {
  const words = () => (props.row.lagEvents === null ? '–' : formatPlural(props.row.lagEvents, 'event'))
  return (
    <>
      <span class="block whitespace-nowrap">{words()}</span>
      <span class="block text-xs whitespace-nowrap text-ink-muted">
        at {props.row.checkpoint ?? 'the start'}
        <Show when={props.row.lastKnown}>{(last) => <> of {last()}</>}</Show>
      </span>
    </>
  )
}
