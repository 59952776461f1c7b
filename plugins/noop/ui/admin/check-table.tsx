import { type JSX, Show } from 'solid-js'
import type { TupleOf } from '#plugin-api/shared'
import { Button, DataTable, EmptyState, formatCount, StatusPill } from '#web/ui'
import { type CheckFacts, checkList, type Facility, facilities, facilityOf } from '../../shared/check-list.ts'
import type { CheckResult } from '../../shared/tuples.ts'

type Result = TupleOf<typeof CheckResult>

/** Every check with what the run found, and a button to run it alone. */
export function CheckTable(props: {
  readonly results: readonly Result[]
  readonly isRunning: boolean
  readonly isBusy: boolean
  onRun(name: string): void
}): JSX.Element {
  const resultOf = (name: string): Result | undefined => props.results.find(({ check }) => check === name)
  return (
    <DataTable<CheckFacts>
      caption="Checks"
      rows={checkList}
      rowProps={({ name }) => ({ 'data-testid': `check-${name}` })}
      empty={<EmptyState title="No checks" />}
      columns={[
        {
          title: 'Check',
          isHeader: true,
          cell: ({ name, title }) => (
            <div class="min-w-52 py-1">
              <p class="font-medium whitespace-normal">{title}</p>
              <p class="text-xs font-normal text-ink-muted">
                {facilities[facilityOf(name) as Facility]} · {name}
              </p>
              <Show when={resultOf(name)?.reason}>
                {(reason) => <p class="mt-1 text-sm font-normal wrap-anywhere whitespace-normal">{reason()}</p>}
              </Show>
            </div>
          ),
        },
        { title: 'State', cell: ({ name }) => <ResultPill result={resultOf(name)} isRunning={props.isRunning} /> },
        {
          title: 'Took',
          align: 'end',
          cell: ({ name }) => (
            <Show when={resultOf(name)}>
              {(result) => <span class="whitespace-nowrap">{formatCount(result().tookMs)} ms</span>}
            </Show>
          ),
        },
        {
          title: 'Actions',
          hideTitle: true,
          align: 'end',
          cell: ({ name, title }) => (
            <Button disabled={props.isBusy} aria-label={`Run: ${title}`} onClick={() => props.onRun(name)}>
              Run
            </Button>
          ),
        },
      ]}
    />
  )
}

function ResultPill(props: { readonly result: Result | undefined; readonly isRunning: boolean }): JSX.Element {
  return (
    <Show
      when={props.result}
      fallback={
        <StatusPill tone={props.isRunning ? 'waiting' : 'idle'}>{props.isRunning ? 'Waiting' : 'Not run'}</StatusPill>
      }
    >
      {(result) => (
        <StatusPill tone={result().outcome === 'green' ? 'normal' : 'alarm'}>
          {result().outcome === 'green' ? 'Green' : 'Red'}
        </StatusPill>
      )}
    </Show>
  )
}
