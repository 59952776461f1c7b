import { useParams } from '@solidjs/router'
import ArrowLeft from 'lucide-solid/icons/arrow-left'
import { createEffect, createSignal, For, type JSX, Match, on, onCleanup, Show, Switch } from 'solid-js'
import { RunningJob } from '#vortex/protocol/job-tuples.ts'
import { useObservable } from '#web/sdk'
import {
  Button,
  ButtonLink,
  Card,
  createNow,
  EmptyState,
  ErrorPanel,
  Figure,
  Figures,
  formatLength,
  formatShortLength,
  InlineNotice,
  JsonView,
  Loading,
  Moment,
  Page,
  PageTitle,
  Progress,
  StatusPill,
} from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { type JobDetails, type JobTry, loadJob } from './job-api.ts'
import { JobDialog, type JobQuestion } from './job-dialog.tsx'
import { deedsOf, jobLook, jobsHref, tryLook } from './job-looks.ts'

/** How often a job that is not over is asked for again. */
const lookAgainMs = 2_000

/** One job: where it stands, what it was given, what came of it, and its tries with their logs. */
export function JobPage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const running = useObservable(RunningJob, () => ({}))
  const loaded = createLoaded(() => params.id, loadJob)
  const live = () => running.rows.find((row) => row.id === params.id)
  const isOver = () => ['succeeded', 'cancelled'].includes(loaded.value()?.stage ?? '')
  // What workers say comes live; whatever changes otherwise shows at the next look.
  createEffect(
    on(
      () => live()?.isLeased,
      () => loaded.reload(),
      { defer: true },
    ),
  )
  const timer = setInterval(() => !isOver() && loaded.state() === 'ready' && loaded.reload(), lookAgainMs)
  onCleanup(() => clearInterval(timer))

  return (
    <Page>
      <a
        href={jobsHref({ queue: loaded.value()?.job })}
        class="mb-2 inline-flex items-center gap-1.5 text-sm text-accent hover:underline"
      >
        <ArrowLeft class="size-4" aria-hidden="true" />
        All jobs of the queue
      </a>
      <Switch>
        <Match when={loaded.value()}>
          {(job) => (
            <Job
              job={job()}
              share={live()?.share ?? job().share}
              words={live()?.words ?? job().words}
              onDone={() => loaded.reload()}
            />
          )}
        </Match>
        <Match when={loaded.state() === 'loading'}>
          <Loading label="Loading the job" lineCount={5} />
        </Match>
        <Match when={loaded.words()?.includes('There is no job')}>
          <EmptyState
            title="There is no such job"
            words={loaded.words() ?? ''}
            actions={<ButtonLink href="/jobs">All jobs</ButtonLink>}
          />
        </Match>
        <Match when={true}>
          <ErrorPanel title="The job cannot be shown" words={loaded.words() ?? ''} onRetry={() => loaded.reload()} />
        </Match>
      </Switch>
    </Page>
  )
}

function Job(props: {
  readonly job: JobDetails
  readonly share: number | null
  readonly words: string | null
  onDone(): void
}): JSX.Element {
  const [question, setQuestion] = createSignal<JobQuestion>()
  const now = createNow()
  const look = () => jobLook(props.job, now())
  const deeds = () => deedsOf(props.job, now())
  const about = () => ({ jobId: props.job.jobId, job: props.job.job })
  const isRunning = () => props.job.stage === 'leased'
  return (
    <div data-testid={`job-${props.job.jobId}`}>
      <PageTitle
        title={props.job.job}
        words={props.job.key ?? props.job.jobId}
        actions={
          <>
            <StatusPill tone={look().tone}>{look().title}</StatusPill>
            <Show when={deeds().retry}>
              <Button onClick={() => setQuestion({ deed: 'retry', ...about() })}>Try again …</Button>
            </Show>
            <Show when={deeds().bringForward}>
              <Button onClick={() => setQuestion({ deed: 'bring-forward', ...about() })}>Run now …</Button>
            </Show>
            <Show when={deeds().cancel}>
              <Button onClick={() => setQuestion({ deed: 'cancel', isRunning: isRunning(), ...about() })}>
                Cancel …
              </Button>
            </Show>
          </>
        }
      />
      <div class="flex flex-col gap-5">
        <Show when={isRunning()}>
          <Card>
            <Progress label={props.words ?? 'Under way'} value={props.share ?? undefined} />
          </Card>
        </Show>
        <Show when={props.job.error}>
          {(error) => <InlineNotice tone={props.job.stage === 'parked' ? 'alarm' : 'warning'}>{error()}</InlineNotice>}
        </Show>
        <Show when={props.job.cancelBy}>
          {(by) => (
            <InlineNotice tone="info">
              {props.job.stage === 'cancelled' ? 'Cancelled' : 'To be cancelled'} by {by()}
              {props.job.cancelReason ? `: ${props.job.cancelReason}` : ''}
            </InlineNotice>
          )}
        </Show>
        <Card title="The job">
          <JobFigures job={props.job} />
          <div class="mt-5 grid gap-4 md:grid-cols-2">
            <JsonView label="Input" value={props.job.input} />
            <Show when={props.job.stage === 'succeeded'}>
              <JsonView label="Output" value={props.job.output} />
            </Show>
          </div>
          <p class="mt-4 flex flex-col items-start gap-1.5 text-sm">
            <a href={`/audit?stream=${encodeURIComponent(props.job.stream)}`} class="text-accent hover:underline">
              What was decided about it, and what came of it
            </a>
            <a
              href={`/api/jobs/${encodeURIComponent(props.job.jobId)}/log`}
              target="_blank"
              rel="noreferrer"
              class="text-accent hover:underline"
            >
              All that happened to it, and its whole log
            </a>
          </p>
        </Card>
        <TriesCard tries={props.job.tries} now={now()} />
      </div>
      <JobDialog question={question()} onDone={() => props.onDone()} onClose={() => setQuestion(undefined)} />
    </div>
  )
}

function JobFigures(props: { readonly job: JobDetails }): JSX.Element {
  return (
    <Figures class="sm:grid-cols-3 lg:grid-cols-5">
      <Figure compact title="Submitted" note={`by ${props.job.by}`}>
        <Moment at={props.job.submittedAt} />
      </Figure>
      <Figure compact title={props.job.schedule === null ? 'Not before' : 'Was due'}>
        <Show when={props.job.schedule ?? props.job.notBefore} fallback="at once">
          {(at) => <Moment at={at()} />}
        </Show>
      </Figure>
      <Figure compact title="Priority">
        {props.job.priority}
      </Figure>
      <Figure compact title="Tries" note={props.job.workerName ? `now on ${props.job.workerName}` : undefined}>
        {props.job.begunCount === 0 ? 'none' : props.job.begunCount}
      </Figure>
      <Figure compact title="Ended">
        <Show when={props.job.endedAt} fallback="–">
          {(at) => <Moment at={at()} />}
        </Show>
      </Figure>
    </Figures>
  )
}

function TriesCard(props: { readonly tries: readonly JobTry[]; readonly now: number }): JSX.Element {
  return (
    <Card title="Tries" words="The last one first, with the newest lines of its log." flush>
      <Show
        when={props.tries.length > 0}
        fallback={<EmptyState title="Not begun yet" words="Its tries show here as soon as a worker has it." />}
      >
        <ol aria-label="Tries" class="divide-y divide-line">
          <For each={props.tries}>{(one) => <TryBlock one={one} now={props.now} />}</For>
        </ol>
      </Show>
    </Card>
  )
}

function TryBlock(props: { readonly one: JobTry; readonly now: number }): JSX.Element {
  const look = () => tryLook(props.one)
  const tookMs = () => (props.one.endedAt ?? props.now) - props.one.startedAt
  return (
    <li data-testid={`try-${props.one.lease}`} class="flex flex-col gap-2 px-4 py-3.5 text-sm sm:px-5">
      <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span class="font-medium">Try {props.one.tryNumber}</span>
        <StatusPill tone={look().tone}>{look().title}</StatusPill>
        <span class="text-ink-muted">
          on {props.one.workerName}, <Moment at={props.one.startedAt} />,{' '}
          {props.one.endedAt === null ? `for ${formatLength(tookMs())}` : `took ${formatShortLength(tookMs())}`}
        </span>
      </div>
      <Show when={props.one.error}>{(error) => <p class="wrap-anywhere">{error()}</p>}</Show>
      <Show when={props.one.lines.length > 0}>
        <LogLines one={props.one} />
      </Show>
    </li>
  )
}

function LogLines(props: { readonly one: JobTry }): JSX.Element {
  return (
    <figure class="min-w-0">
      <figcaption class="mb-1 text-xs text-ink-muted">
        <Show when={props.one.droppedLineCount > 0} fallback="Log">
          Log, without {props.one.droppedLineCount} earlier lines
        </Show>
      </figcaption>
      {/* It scrolls, by keyboard too. */}
      <pre
        tabindex="0"
        class="max-h-96 overflow-auto rounded-control bg-sunken p-3 font-mono text-xs break-words whitespace-pre-wrap"
      >
        <For each={props.one.lines}>
          {(line) => `${seconds(line.at - props.one.startedAt)}  ${line.level.padEnd(7)}  ${line.words}\n`}
        </For>
      </pre>
    </figure>
  )
}

function seconds(lengthMs: number): string {
  return `${(lengthMs / 1_000).toFixed(3).padStart(9)} s`
}
