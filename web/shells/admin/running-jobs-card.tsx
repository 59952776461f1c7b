import { createSignal, For, type JSX, Show } from 'solid-js'
import {
  Button,
  Card,
  EmptyState,
  type Freshness,
  formatCount,
  formatPlural,
  LiveView,
  Progress,
  RelativeTime,
  StatusPill,
} from '#web/ui'
import { JobDialog, type JobQuestion } from './job-dialog.tsx'
import { jobHref, type RunningRow } from './job-looks.ts'

/** What workers do just now, live. */
export function RunningJobsCard(props: {
  readonly of: Freshness
  readonly rows: readonly RunningRow[]
  readonly count: number
  readonly queue: string | undefined
}): JSX.Element {
  const [question, setQuestion] = createSignal<JobQuestion>()
  const empty = () => (props.queue === undefined ? 'Nothing runs just now' : `No job of ${props.queue} runs just now`)
  return (
    <Card
      title="Running jobs"
      words="Each on a worker, in a process of its own."
      flush
      actions={
        <Show when={props.queue !== undefined && props.rows.length > 0}>
          <Button onClick={() => setQuestion({ deed: 'cancel-all', queue: props.queue ?? '', stage: 'running' })}>
            Cancel all …
          </Button>
        </Show>
      }
    >
      <LiveView of={props.of}>
        <Show
          when={props.rows.length > 0}
          fallback={<EmptyState title={empty()} words="Jobs show here while a worker has them." />}
        >
          <ul aria-label="Running jobs" class="divide-y divide-line">
            <For each={props.rows}>{(row) => <RunningJobRow row={row} onAsk={setQuestion} />}</For>
          </ul>
          <Show when={props.count > props.rows.length}>
            <p class="border-t border-line px-5 py-3 text-sm text-ink-muted">
              {formatPlural(props.rows.length, 'job')} of {formatCount(props.count)} are shown.
            </p>
          </Show>
        </Show>
      </LiveView>
      <JobDialog question={question()} onClose={() => setQuestion(undefined)} />
    </Card>
  )
}

function RunningJobRow(props: { readonly row: RunningRow; onAsk(question: JobQuestion): void }): JSX.Element {
  return (
    <li
      data-testid={`running-${props.row.id}`}
      class="grid gap-x-5 gap-y-2 px-4 py-3 text-sm sm:px-5 md:grid-cols-[minmax(0,1.2fr)_minmax(0,1.4fr)_auto] md:items-center"
    >
      <div class="min-w-0">
        <a href={jobHref(props.row.id)} class="font-medium wrap-anywhere text-accent hover:underline">
          {props.row.job}
        </a>
        <span class="block text-xs wrap-anywhere text-ink-muted">
          on {props.row.workerName ?? 'a worker'}, try {props.row.tryNumber}
          <Show when={props.row.startedAt}>
            {(at) => (
              <>
                , begun <RelativeTime at={at()} />
              </>
            )}
          </Show>
        </span>
      </div>
      <Progress label={props.row.words ?? 'Under way'} value={props.row.share ?? undefined} />
      <div class="flex flex-wrap items-center gap-2">
        <Show
          when={props.row.isCancelling}
          fallback={
            <Button
              onClick={() => props.onAsk({ deed: 'cancel', jobId: props.row.id, job: props.row.job, isRunning: true })}
              aria-label={`Cancel ${props.row.job} on ${props.row.workerName ?? 'a worker'}`}
            >
              Cancel …
            </Button>
          }
        >
          <StatusPill tone="busy">Being cancelled</StatusPill>
        </Show>
      </div>
    </li>
  )
}
