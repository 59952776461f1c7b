import { For, type JSX, Show } from 'solid-js'
import type { EventStoreLook } from '#vortex/protocol/store-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { Card, EmptyState, formatBytes, formatRate, formatShortLength, Sparkline } from '#web/ui'
import type { StoreRow } from './status-looks.ts'

type LookRow = TupleOf<typeof EventStoreLook>

/** As many as logic keeps: five minutes. */
const lookCountMax = 150
const missing = '–'

/** What comes in and goes out, over the last minutes. */
export function StoreRatesCard(props: { readonly status: StoreRow; readonly looks: readonly LookRow[] }): JSX.Element {
  const isReported = () => props.status.eventsInPerSecond !== null
  const rate = (value: number | null) => (value === null ? missing : formatRate(value))
  const length = (value: number | null) => (value === null ? missing : formatShortLength(value))
  const charts = (): readonly Chart[] => [
    {
      title: 'Events written',
      value: rate(props.status.eventsInPerSecond),
      note: writing(props.status),
      values: props.looks.map((look) => look.eventsInPerSecond),
      topMin: 10,
    },
    {
      title: 'Events sent',
      value: rate(props.status.eventsOutPerSecond),
      note: 'to readers and subscriptions',
      values: props.looks.map((look) => look.eventsOutPerSecond),
      topMin: 10,
    },
    {
      title: 'Reads',
      value: rate(props.status.readsPerSecond),
      note: 'pages asked for',
      values: props.looks.map((look) => look.readsPerSecond),
      topMin: 10,
    },
    {
      title: 'Time to the disk',
      value: length(props.status.commitMsP99),
      note:
        props.status.commitMsP50 === null
          ? 'nothing written lately'
          : `the slowest of 100; half take ${length(props.status.commitMsP50)}`,
      values: props.looks.map((look) => look.commitMsP99 ?? 0),
      topMin: 5,
    },
  ]
  return (
    <Card title="Rates" words="Now, and over the last five minutes.">
      <Show when={isReported()} fallback={<EmptyState title="No rates" words="This server does not report them." />}>
        <div class="grid gap-x-6 gap-y-6 sm:grid-cols-2 xl:grid-cols-4" data-testid="store-rates">
          <For each={charts().map(({ title }) => title)}>
            {(title) => (
              <Show when={charts().find((chart) => chart.title === title)}>
                {(chart) => <RateChart chart={chart()} />}
              </Show>
            )}
          </For>
        </div>
      </Show>
    </Card>
  )
}

type Chart = {
  readonly title: string
  readonly value: string
  readonly note: string
  readonly values: readonly number[]
  readonly topMin: number
}

function RateChart(props: { readonly chart: Chart }): JSX.Element {
  return (
    <div class="min-w-0">
      <div class="flex items-baseline justify-between gap-3">
        <span class="text-sm text-ink-muted">{props.chart.title}</span>
        <span class="text-lg font-semibold tabular-nums">{props.chart.value}</span>
      </div>
      <div class="mt-2">
        <Sparkline
          label={`${props.chart.title}: ${props.chart.value}, highest ${Math.round(Math.max(0, ...props.chart.values))}`}
          values={props.chart.values}
          countMax={lookCountMax}
          topMin={props.chart.topMin}
        />
      </div>
      <p class="mt-1 text-xs text-ink-muted">{props.chart.note}</p>
    </div>
  )
}

function writing({ bytesInPerSecond, appendsPerCommit }: StoreRow): string {
  const bytes = bytesInPerSecond === null ? '' : `${formatBytes(bytesInPerSecond)}/s`
  const group =
    appendsPerCommit === null || appendsPerCommit < 1.05 ? '' : `${appendsPerCommit.toFixed(1)} appends share a write`
  return [bytes, group].filter((part) => part !== '').join(', ')
}
