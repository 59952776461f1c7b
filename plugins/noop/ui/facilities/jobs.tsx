import { For, type JSX } from 'solid-js'
import { useRpc } from '#web/sdk'
import { Button, Card } from '#web/ui'
import { type jobKinds, RunJob } from '../../shared/rpcs.ts'
import { createTrials } from '../create-trials.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { TrialList } from '../trial-list.tsx'

const jobs: readonly { readonly job: (typeof jobKinds)[number]; readonly title: string }[] = [
  { job: 'Negate', title: 'One that goes well' },
  { job: 'FailOnce', title: 'One that fails once' },
  { job: 'Fail', title: 'One that keeps failing' },
  { job: 'Hang', title: 'One that hangs' },
  { job: 'Crash', title: 'One that crashes' },
  { job: 'WaitToBeCancelled', title: 'One that is cancelled' },
  { job: 'Call', title: 'One that calls logic' },
]

/** Jobs on a worker, and what becomes of each. */
export function Screen(): JSX.Element {
  const running = useRpc(RunJob)
  const { trials, tryOut } = createTrials()
  return (
    <NoopFrame
      title="Jobs"
      words="Submitted by logic, carried out by a worker in a process of its own; its end is shown below."
    >
      <Card title="Submit a job">
        <div class="flex flex-wrap gap-2">
          <For each={jobs}>
            {({ job, title }) => (
              <Button
                data-testid={`job-${job}`}
                onClick={() => void tryOut(title, async () => (await running.call({ job })).words)}
              >
                {title}
              </Button>
            )}
          </For>
        </div>
      </Card>
      <TrialList trials={trials()} />
    </NoopFrame>
  )
}
