import type { JSX } from 'solid-js'
import type { TupleOf } from '#plugin-api/shared'
import { Button, DataTable, EmptyState, RelativeTime, StatusPill } from '#web/ui'
import type { Run } from '../../shared/tuples.ts'

type RunRow = TupleOf<typeof Run>

/** The runs that are kept, the newest first. */
export function RunList(props: {
  readonly runs: readonly RunRow[]
  readonly shownId: string | undefined
  onShow(id: string): void
}): JSX.Element {
  return (
    <DataTable
      caption="Runs"
      rows={props.runs}
      empty={<EmptyState title="No run yet" words="“Run all” begins the first one." />}
      columns={[
        { title: 'Began', isHeader: true, cell: (run) => <RelativeTime at={run.beganAt} /> },
        { title: 'By', cell: (run) => run.by },
        { title: 'State', cell: (run) => <RunPill run={run} /> },
        { title: 'Green', align: 'end', cell: (run) => run.greenCount },
        { title: 'Red', align: 'end', cell: (run) => run.redCount },
        { title: 'Of', align: 'end', cell: (run) => run.checkCount },
        {
          title: 'Actions',
          hideTitle: true,
          align: 'end',
          cell: (run) => (
            <Button aria-pressed={run.id === props.shownId} onClick={() => props.onShow(run.id)}>
              {run.id === props.shownId ? 'Shown' : 'Show'}
            </Button>
          ),
        },
      ]}
    />
  )
}

function RunPill(props: { readonly run: RunRow }): JSX.Element {
  const look = () => {
    const { state, redCount } = props.run
    if (state === 'running') return { tone: 'busy', title: 'Running' } as const
    if (state === 'interrupted') return { tone: 'warning', title: 'Interrupted' } as const
    return redCount > 0 ? ({ tone: 'alarm', title: 'Red' } as const) : ({ tone: 'normal', title: 'Green' } as const)
  }
  return (
    <StatusPill tone={look().tone} title={props.run.words}>
      {look().title}
    </StatusPill>
  )
}
