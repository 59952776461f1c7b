import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import {
  Button,
  Card,
  createNow,
  EmptyState,
  ErrorPanel,
  InlineNotice,
  Loading,
  Moment,
  RelativeTime,
  StatusPill,
} from '#web/ui'
import { createPagedList } from './create-paged-list.ts'
import { type BulkStage, type JobRow, jobPageSize, type ListStage, loadJobs } from './job-api.ts'
import { JobDialog, type JobQuestion } from './job-dialog.tsx'
import { countOf, deedsOf, jobHref, jobLook, type QueueRow } from './job-looks.ts'

const jobCountMax = 1_000

const texts: Readonly<Record<ListStage, { readonly title: string; readonly words: string; readonly empty: string }>> = {
  running: { title: 'Running jobs', words: '', empty: 'Nothing runs' },
  waiting: {
    title: 'Waiting jobs',
    words: 'In the order of their turns: by age, and those of a higher priority first.',
    empty: 'No jobs wait',
  },
  scheduled: {
    title: 'Scheduled jobs',
    words: 'Their time is still ahead, or they wait for another try.',
    empty: 'No job waits for its time',
  },
  finished: {
    title: 'Finished jobs',
    words: 'The newest first. They are kept for a while.',
    empty: 'No job is over yet',
  },
  parked: {
    title: 'Parked jobs',
    words: 'They failed on every try. Each waits for somebody to decide.',
    empty: 'No parked jobs',
  },
}

/** Jobs by where they are, a page at a time; read again when their count changes, unless somebody has read on. */
export function JobListCard(props: {
  readonly stage: ListStage
  readonly queue: string | undefined
  readonly queues: readonly QueueRow[]
}): JSX.Element {
  const [hasReadOn, setReadOn] = createSignal(false)
  const count = () =>
    countOf(props.stage, props.queues) ?? props.queues.reduce((sum, row) => sum + row.succeededCount, 0)
  const list = createPagedList({
    of: () => {
      setReadOn(false)
      return `${props.stage} ${props.queue ?? ''}`
    },
    news: () => (hasReadOn() ? 'read on' : count()),
    load: (after: string | undefined, signal) => loadJobs({ stage: props.stage, queue: props.queue }, after, signal),
    countMax: jobCountMax,
  })
  const [question, setQuestion] = createSignal<JobQuestion>()
  const bulkStage = (): BulkStage | undefined =>
    props.stage === 'parked'
      ? 'parked'
      : props.stage === 'waiting' || props.stage === 'scheduled'
        ? 'waiting'
        : undefined

  return (
    <Card
      title={texts[props.stage].title}
      words={texts[props.stage].words}
      flush
      actions={
        <Show when={props.queue !== undefined && list.rows().length > 0}>
          <Show when={props.stage === 'parked'}>
            <Button onClick={() => setQuestion({ deed: 'retry-all', queue: props.queue ?? '', count: count() })}>
              Try all again …
            </Button>
          </Show>
          <Show when={bulkStage()}>
            {(stage) => (
              <Button onClick={() => setQuestion({ deed: 'cancel-all', queue: props.queue ?? '', stage: stage() })}>
                Cancel all …
              </Button>
            )}
          </Show>
        </Show>
      }
    >
      <div data-testid="job-list">
        <Switch>
          <Match when={list.state() === 'loading'}>
            <Loading label="Loading jobs" lineCount={4} />
          </Match>
          <Match when={list.state() === 'failed'}>
            <ErrorPanel title="The jobs cannot be shown" words={list.words() ?? ''} onRetry={() => list.refresh()} />
          </Match>
          <Match when={list.rows().length === 0}>
            <EmptyState title={texts[props.stage].empty} words={emptyWords(props.stage)} />
          </Match>
          <Match when={true}>
            <Show when={list.words()}>{(words) => <InlineNotice class="m-3">{words()}</InlineNotice>}</Show>
            <ul aria-label={texts[props.stage].title} class="divide-y divide-line">
              <For each={list.rows()}>{(job) => <ListedJob job={job} onAsk={setQuestion} />}</For>
            </ul>
            <Show when={list.hasMore()}>
              <div class="border-t border-line p-3 text-center">
                <Button
                  busy={list.isLoadingMore()}
                  onClick={() => {
                    setReadOn(list.rows().length >= jobPageSize)
                    void list.loadMore()
                  }}
                >
                  More jobs
                </Button>
              </div>
            </Show>
          </Match>
        </Switch>
      </div>
      <JobDialog question={question()} onDone={() => list.refresh()} onClose={() => setQuestion(undefined)} />
    </Card>
  )
}

function ListedJob(props: { readonly job: JobRow; onAsk(question: JobQuestion): void }): JSX.Element {
  const now = createNow()
  const look = () => jobLook(props.job, now())
  const deeds = () => deedsOf(props.job, now())
  const about = () => ({ jobId: props.job.jobId, job: props.job.job })
  return (
    <li
      data-testid={`job-${props.job.jobId}`}
      class="grid gap-x-5 gap-y-2 px-4 py-3 text-sm sm:px-5 md:grid-cols-[minmax(0,1.2fr)_minmax(0,1.4fr)_auto]"
    >
      <div class="min-w-0">
        <a href={jobHref(props.job.jobId)} class="font-medium wrap-anywhere text-accent hover:underline">
          {props.job.job}
        </a>
        <span class="block text-xs wrap-anywhere text-ink-muted">{props.job.key ?? props.job.jobId}</span>
      </div>
      <div class="min-w-0">
        <StatusPill tone={look().tone}>{look().title}</StatusPill>
        <Show when={props.job.error}>{(error) => <p class="mt-1 line-clamp-4 wrap-anywhere">{error()}</p>}</Show>
        <p class="mt-1 text-xs text-ink-muted">
          <When job={props.job} now={now()} />
          <Show when={props.job.begunCount > 0}>
            {props.job.begunCount === 1 ? ', tried once' : `, tried ${props.job.begunCount} times`}
          </Show>
          <Show when={props.job.priority !== 'normal'}>{`, ${props.job.priority} priority`}</Show>
        </p>
      </div>
      <div class="flex flex-wrap items-start gap-2">
        <Show when={deeds().retry}>
          <Button
            onClick={() => props.onAsk({ deed: 'retry', ...about() })}
            aria-label={`Try again: ${props.job.job} ${props.job.key ?? ''}`}
          >
            Try again …
          </Button>
        </Show>
        <Show when={deeds().bringForward}>
          <Button
            onClick={() => props.onAsk({ deed: 'bring-forward', ...about() })}
            aria-label={`Run now: ${props.job.job} ${props.job.key ?? ''}`}
          >
            Run now …
          </Button>
        </Show>
        <Show when={deeds().cancel}>
          <Button
            onClick={() => props.onAsk({ deed: 'cancel', isRunning: props.job.stage === 'leased', ...about() })}
            aria-label={`Cancel ${props.job.job} ${props.job.key ?? ''}`}
          >
            Cancel …
          </Button>
        </Show>
      </div>
    </li>
  )
}

function When(props: { readonly job: JobRow; readonly now: number }): JSX.Element {
  const isAhead = () => props.job.stage === 'waiting' && (props.job.notBefore ?? 0) > props.now
  return (
    <Switch
      fallback={
        <>
          since <RelativeTime at={props.job.submittedAt} />
        </>
      }
    >
      <Match when={isAhead() && props.job.notBefore}>
        {(at) => (
          <>
            begins at <Moment at={at()} />
          </>
        )}
      </Match>
      <Match when={props.job.endedAt}>{(at) => <RelativeTime at={at()} />}</Match>
    </Switch>
  )
}

function emptyWords(stage: ListStage): string {
  switch (stage) {
    case 'parked':
      return 'Every job has an outcome, or is still being tried.'
    case 'finished':
      return 'Jobs show here when they are done or cancelled.'
    default:
      return 'Whatever is submitted begins as soon as there is a place.'
  }
}
