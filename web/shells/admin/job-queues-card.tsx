import { createSignal, For, type JSX, Show } from 'solid-js'
import {
  Button,
  ButtonLink,
  Card,
  ConfirmDialog,
  Figure,
  Figures,
  formatCount,
  formatShortLength,
  InlineNotice,
  Moment,
  RelativeTime,
  StatusPill,
  showToast,
} from '#web/ui'
import { decideQueue, type ListStage } from './job-api.ts'
import { jobsHref, type QueueRow, queueLook } from './job-looks.ts'

type Question = { readonly deed: 'pause' | 'resume' | 'run'; readonly queue: QueueRow }

/** How each queue stands: what waits, runs and is parked, how fast it goes, and when it is due. */
export function JobQueuesCard(props: {
  readonly rows: readonly QueueRow[]
  readonly chosen: string | undefined
  readonly list: ListStage
}): JSX.Element {
  const [question, setQuestion] = createSignal<Question>()
  return (
    <Card
      title={props.chosen === undefined ? 'Queues' : 'Queue'}
      words="All jobs of one definition."
      flush
      actions={
        <Show when={props.chosen !== undefined}>
          <ButtonLink href={jobsHref({ list: props.list, queue: undefined })}>All queues</ButtonLink>
        </Show>
      }
    >
      <ul aria-label="Queues" class="divide-y divide-line">
        <For each={props.rows}>
          {(row) => <QueueBlock row={row} isChosen={props.chosen === row.id} list={props.list} onAsk={setQuestion} />}
        </For>
      </ul>
      <QueueDialog question={question()} onClose={() => setQuestion(undefined)} />
    </Card>
  )
}

function QueueBlock(props: {
  readonly row: QueueRow
  readonly isChosen: boolean
  readonly list: ListStage
  onAsk(question: Question): void
}): JSX.Element {
  const look = () => queueLook(props.row)
  return (
    <li data-testid={`queue-${props.row.id}`} class="flex flex-col gap-3 px-4 py-3.5 sm:px-5">
      <div class="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div class="min-w-0">
          <h3 class="text-[0.9375rem] font-semibold wrap-anywhere">
            <a
              href={jobsHref({ list: props.list, queue: props.isChosen ? undefined : props.row.id })}
              aria-current={props.isChosen ? 'true' : undefined}
              class="text-accent hover:underline"
            >
              {props.row.id}
            </a>
          </h3>
          <Show when={props.row.schedule}>
            {(schedule) => (
              <p class="text-sm text-ink-muted">
                {schedule()}
                <Show when={props.row.isPaused ? null : props.row.nextAt}>
                  {(at) => (
                    <>
                      , next <RelativeTime at={at()} />
                    </>
                  )}
                </Show>
              </p>
            )}
          </Show>
        </div>
        <div class="flex flex-wrap items-center gap-2">
          <StatusPill tone={look().tone}>{look().title}</StatusPill>
          <Show when={props.row.isKnown && props.row.schedule}>
            <Button
              onClick={() => props.onAsk({ deed: 'run', queue: props.row })}
              aria-label={`Run now: ${props.row.id}`}
            >
              Run now …
            </Button>
          </Show>
          <Show
            when={props.row.isPaused}
            fallback={
              <Button
                onClick={() => props.onAsk({ deed: 'pause', queue: props.row })}
                aria-label={`Pause ${props.row.id}`}
              >
                Pause …
              </Button>
            }
          >
            <Button
              onClick={() => props.onAsk({ deed: 'resume', queue: props.row })}
              aria-label={`Resume ${props.row.id}`}
            >
              Resume …
            </Button>
          </Show>
        </div>
      </div>
      <QueueFigures row={props.row} />
      <Show when={props.row.isPaused}>
        <InlineNotice tone="warning">
          Paused by {props.row.pausedBy ?? 'somebody'}
          <Show when={props.row.pausedReason}>{(reason) => <>: {reason()}</>}</Show>
        </InlineNotice>
      </Show>
      <Show when={props.row.trouble}>{(words) => <InlineNotice tone="warning">{words()}</InlineNotice>}</Show>
    </li>
  )
}

function QueueFigures(props: { readonly row: QueueRow }): JSX.Element {
  const waiting = () => props.row.waitingCount + props.row.readyCount
  return (
    <Figures class="sm:grid-cols-3 lg:grid-cols-6">
      <Figure compact title="Waiting" note={<Oldest at={props.row.oldestAt} />}>
        {waiting() === 0 ? 'none' : formatCount(waiting())}
      </Figure>
      <Figure
        compact
        title="Running"
        note={props.row.concurrencyMax === null ? undefined : `of ${formatCount(props.row.concurrencyMax)} at a time`}
      >
        {props.row.runningCount === 0 ? 'none' : formatCount(props.row.runningCount)}
      </Figure>
      <Figure compact title="Scheduled">
        {props.row.scheduledCount === 0 ? 'none' : formatCount(props.row.scheduledCount)}
      </Figure>
      <Figure compact title="Parked" note={props.row.parkedCount > 0 ? 'wait for a decision' : undefined}>
        <Show when={props.row.parkedCount > 0} fallback="none">
          <a href={jobsHref({ list: 'parked', queue: props.row.id })} class="text-accent hover:underline">
            {formatCount(props.row.parkedCount)}
          </a>
        </Show>
      </Figure>
      <Figure compact title="Done" note={`${formatCount(props.row.succeededPerMinute)} in the last minute`}>
        {formatCount(props.row.succeededCount)}
      </Figure>
      <Figure
        compact
        title="Takes"
        note={
          props.row.failedPerMinute > 0
            ? `${formatCount(props.row.failedPerMinute)} tries failed in the last minute`
            : props.row.tookMsMean === null
              ? undefined
              : 'on average'
        }
      >
        {props.row.tookMsMean === null ? '–' : formatShortLength(props.row.tookMsMean)}
      </Figure>
    </Figures>
  )
}

function Oldest(props: { readonly at: number | null }): JSX.Element {
  return (
    <Show when={props.at}>
      {(at) => (
        <>
          oldest from <RelativeTime at={at()} />
        </>
      )}
    </Show>
  )
}

function QueueDialog(props: { readonly question: Question | undefined; onClose(): void }): JSX.Element {
  const id = () => props.question?.queue.id ?? ''
  const texts = () => {
    switch (props.question?.deed) {
      case 'resume':
        return {
          title: 'Let the queue go on?',
          confirm: 'Resume',
          words: `Jobs of ${id()} begin again. What its schedule missed is made up for as its definition says: once, or not at all.`,
          done: `${id()} goes on.`,
        }
      case 'run':
        return {
          title: 'Run it now?',
          confirm: 'Run now',
          words: `One more job of ${id()} is submitted at once. Its schedule goes on as before.`,
          done: `${id()} has one more job.`,
        }
      default:
        return {
          title: 'Pause the queue?',
          confirm: 'Pause',
          words: `No further job of ${id()} begins, and its schedule submits nothing, until somebody lets it go on. What runs goes on, and so do the few jobs that workers were told of already.`,
          done: `${id()} is paused.`,
        }
    }
  }
  async function decide(reason: string): Promise<void> {
    const asked = props.question
    if (!asked) return
    await decideQueue(asked.queue.id, asked.deed, reason)
    showToast(texts().done)
  }
  return (
    <ConfirmDialog
      open={props.question !== undefined}
      title={texts().title}
      words={texts().words}
      confirm={texts().confirm}
      reasonLabel="Reason"
      onConfirm={decide}
      onClose={() => props.onClose()}
    >
      <Show when={props.question?.deed === 'resume' ? props.question.queue.nextAt : null}>
        {(at) => (
          <p class="text-sm text-ink-muted">
            Next due at <Moment at={at()} />.
          </p>
        )}
      </Show>
    </ConfirmDialog>
  )
}
