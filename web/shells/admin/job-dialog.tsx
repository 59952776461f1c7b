import type { JSX } from 'solid-js'
import { ConfirmDialog, formatPlural, showToast } from '#web/ui'
import { type BulkStage, cancelAll, cancelJob, decideJob, retryAll } from './job-api.ts'

/** What somebody wants to decide about a job, or about many of a queue. */
export type JobQuestion =
  | { readonly deed: 'retry' | 'bring-forward'; readonly jobId: string; readonly job: string }
  | { readonly deed: 'cancel'; readonly jobId: string; readonly job: string; readonly isRunning: boolean }
  | { readonly deed: 'retry-all'; readonly queue: string; readonly count: number }
  | { readonly deed: 'cancel-all'; readonly queue: string; readonly stage: BulkStage }

/** Asks before anything is decided, in words that say what will happen, and why it is decided. */
export function JobDialog(props: {
  readonly question: JobQuestion | undefined
  onDone?(): void
  onClose(): void
}): JSX.Element {
  const texts = () => (props.question ? textsOf(props.question) : nothing)
  async function decide(reason: string): Promise<void> {
    const asked = props.question
    if (!asked) return
    showToast(await carryOut(asked, reason))
    props.onDone?.()
  }
  return (
    <ConfirmDialog
      open={props.question !== undefined}
      title={texts().title}
      words={texts().words}
      confirm={texts().confirm}
      keep="Leave it"
      danger={texts().danger}
      reasonLabel="Reason"
      onConfirm={decide}
      onClose={() => props.onClose()}
    />
  )
}

async function carryOut(asked: JobQuestion, reason: string): Promise<string> {
  switch (asked.deed) {
    case 'retry':
      await decideJob(asked.jobId, 'retry', reason)
      return `${asked.job} is tried again.`
    case 'bring-forward':
      await decideJob(asked.jobId, 'bring-forward', reason)
      return `${asked.job} waits for its turn only.`
    case 'cancel':
      if (!(await cancelJob(asked.jobId, reason))) return `${asked.job} was over already, or is being ended.`
      return asked.isRunning ? `${asked.job} is being ended.` : `${asked.job} is cancelled.`
    case 'retry-all': {
      const { doneCount, leftCount } = await retryAll(asked.queue, reason)
      return `${formatPlural(doneCount, 'job is', 'jobs are')} tried again${rest(leftCount)}.`
    }
    case 'cancel-all': {
      const { doneCount, leftCount } = await cancelAll(asked.queue, asked.stage, reason)
      return `${formatPlural(doneCount, 'job is', 'jobs are')} cancelled${rest(leftCount)}.`
    }
  }
}

function rest(leftCount: number): string {
  return leftCount > 0 ? `; ${formatPlural(leftCount, 'is', 'are')} left, ask again for them` : ''
}

type Texts = { readonly title: string; readonly words: string; readonly confirm: string; readonly danger: boolean }
const nothing: Texts = { title: '', words: '', confirm: '', danger: false }

const stageWords: Readonly<Record<BulkStage, string>> = {
  waiting: 'wait, for a place or for their time,',
  running: 'workers have just now',
  parked: 'are parked',
}

function textsOf(asked: JobQuestion): Texts {
  switch (asked.deed) {
    case 'retry':
      return {
        title: 'Try again?',
        words: `This job of ${asked.job} begins again from its first try. What a try got done before it failed may be done a second time, under the same key.`,
        confirm: 'Try again',
        danger: false,
      }
    case 'bring-forward':
      return {
        title: 'Run it now?',
        words: `This job of ${asked.job} no longer waits for its time, only for its turn and a free place.`,
        confirm: 'Run now',
        danger: false,
      }
    case 'cancel':
      return {
        title: 'Cancel the job?',
        words: asked.isRunning
          ? `Its worker is told and ends this job of ${asked.job}. What it did so far stays done. It is not tried again.`
          : `This job of ${asked.job} never begins again. Nobody can take that back; it can be submitted anew.`,
        confirm: 'Cancel job',
        danger: true,
      }
    case 'retry-all':
      return {
        title: 'Try all again?',
        words: `${formatPlural(asked.count, 'parked job begins', 'parked jobs begin')} again from the first try: the oldest 2,000 at most. What a try got done before it failed may be done a second time, under the same key.`,
        confirm: 'Try all again',
        danger: false,
      }
    case 'cancel-all':
      return {
        title: 'Cancel all of them?',
        words: `All jobs of ${asked.queue} that ${stageWords[asked.stage]} end, 2,000 at a time. Nobody can take that back.`,
        confirm: 'Cancel all',
        danger: true,
      }
  }
}
