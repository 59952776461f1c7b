import { createSignal, type JSX, Show } from 'solid-js'
import { ProjectionStatus } from '#vortex/protocol/platform-tuples.ts'
import { useObservable } from '#web/sdk'
import {
  Button,
  Card,
  type Column,
  ConfirmDialog,
  DataTable,
  EmptyState,
  formatCount,
  formatLength,
  formatPlural,
  formatPosition,
  formatRate,
  LiveView,
  Page,
  PageTitle,
  RelativeTime,
  StatusPill,
  showToast,
} from '#web/ui'
import { resetProjection } from './admin-api.ts'
import { type ProjectionRow, projectionLook } from './status-looks.ts'

export function ProjectionsPage(): JSX.Element {
  const projections = useObservable(ProjectionStatus, () => ({}))
  const [resetId, setResetId] = createSignal<string>()

  async function reset(reason: string): Promise<void> {
    const id = resetId()
    if (id === undefined) return
    await resetProjection(id, reason)
    showToast(`${id} is being emptied and replayed.`)
  }

  return (
    <Page>
      <PageTitle title="Projections" words="They turn events into the tables that screens show." />
      <Card flush>
        <LiveView of={projections}>
          <DataTable
            caption="Projections"
            columns={projectionColumns(setResetId)}
            rows={projections.rows}
            rowProps={(row) => ({ 'data-testid': `projection-${row.id}` })}
            empty={<EmptyState title="No projections" words="They come with the plugins that define them." />}
          />
        </LiveView>
      </Card>
      <ConfirmDialog
        open={resetId() !== undefined}
        title="Reset and replay?"
        words={`The tables of ${resetId() ?? ''} are emptied and filled again from all events. Nothing is lost; screens show the rows as they come back.`}
        confirm="Reset and replay"
        danger
        reasonLabel="Reason"
        onConfirm={reset}
        onClose={() => setResetId(undefined)}
      />
    </Page>
  )
}

function projectionColumns(onReset: (id: string) => void): readonly Column<ProjectionRow>[] {
  return [
    { title: 'Projection', isHeader: true, cell: (row) => <ProjectionName row={row} /> },
    {
      title: 'State',
      cell: (row) => <StatusPill tone={projectionLook(row).tone}>{projectionLook(row).title}</StatusPill>,
    },
    { title: 'Position and head', align: 'end', cell: (row) => <Positions row={row} /> },
    { title: 'Behind', align: 'end', cell: (row) => <Lag row={row} /> },
    { title: 'Rate', align: 'end', cell: (row) => <Flow row={row} /> },
    { title: 'Parked', align: 'end', cell: (row) => <ParkedCount count={row.parkedCount} /> },
    { title: 'Last error', cell: (row) => <LastError row={row} /> },
    {
      title: 'Actions',
      hideTitle: true,
      align: 'end',
      cell: (row) => (
        <Button
          onClick={() => onReset(row.id)}
          disabled={row.state === 'resetting'}
          aria-label={`Reset and replay ${row.id}`}
        >
          Reset and replay
        </Button>
      ),
    },
  ]
}

function ProjectionName(props: { readonly row: ProjectionRow }): JSX.Element {
  return (
    <>
      <span class="block">{props.row.name}</span>
      <span class="block text-xs font-normal whitespace-nowrap text-ink-muted">
        {props.row.plugin}, version {props.row.version}
      </span>
    </>
  )
}

function Positions(props: { readonly row: ProjectionRow }): JSX.Element {
  return (
    <span class="font-mono text-xs leading-5" title={`${props.row.position} of ${props.row.head}`}>
      <span class="block">{formatPosition(props.row.position)}</span>
      <span class="block whitespace-nowrap text-ink-muted">of {formatPosition(props.row.head)}</span>
    </span>
  )
}

function Flow(props: { readonly row: ProjectionRow }): JSX.Element {
  return (
    <span class="whitespace-nowrap">
      <span class="block">{formatRate(props.row.ratePerSecond)}</span>
      <span class="block text-xs text-ink-muted">{formatPlural(props.row.eventCount, 'event')}</span>
    </span>
  )
}

function Lag(props: { readonly row: ProjectionRow }): JSX.Element {
  return (
    <span class="whitespace-nowrap">
      <span class="block">{props.row.lagEvents === null ? '–' : formatPlural(props.row.lagEvents, 'event')}</span>
      <span class="block text-xs text-ink-muted">
        {formatLength(props.row.lagSeconds * 1_000)}
        <Show when={props.row.etaSeconds}>{(eta) => <>, {formatLength(eta() * 1_000)} to go</>}</Show>
      </span>
    </span>
  )
}

function ParkedCount(props: { readonly count: number }): JSX.Element {
  return (
    <Show when={props.count > 0} fallback="0">
      <StatusPill tone="warning" title="Entities with an event that could not be applied">
        {formatCount(props.count)}
      </StatusPill>
    </Show>
  )
}

function LastError(props: { readonly row: ProjectionRow }): JSX.Element {
  return (
    <span class="block max-w-56 min-w-36 text-xs break-words">
      {props.row.lastError ?? <span class="text-ink-muted">none</span>}
      <Show when={props.row.lastCommitAt}>
        {(at) => (
          <span class="block text-ink-muted">
            last commit <RelativeTime at={at()} />
          </span>
        )}
      </Show>
    </span>
  )
}
