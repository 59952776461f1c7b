import { useSearchParams } from '@solidjs/router'
import { type JSX, Show } from 'solid-js'
import { JobQueueStatus, RunningJob } from '#vortex/protocol/job-tuples.ts'
import { useObservable } from '#web/sdk'
import { EmptyState, formatCount, LinkTabs, LiveView, Page, PageTitle, SelectInput } from '#web/ui'
import { type ListStage, listStages } from './job-api.ts'
import { JobListCard } from './job-list-card.tsx'
import { countOf, jobsHref } from './job-looks.ts'
import { JobQueuesCard } from './job-queues-card.tsx'
import { RunningJobsCard } from './running-jobs-card.tsx'

const titles: Readonly<Record<ListStage, string>> = {
  running: 'Running',
  waiting: 'Waiting',
  scheduled: 'Scheduled',
  finished: 'Finished',
  parked: 'Parked',
}

/** Background jobs: how each queue stands, and the jobs themselves by where they are. */
export function JobsPage(): JSX.Element {
  const queues = useObservable(JobQueueStatus, () => ({}))
  const running = useObservable(RunningJob, () => ({}))
  const [search, setSearch] = useSearchParams<{ list?: string; queue?: string }>()
  const stage = (): ListStage => listStages.find((one) => one === search.list) ?? 'running'
  const queue = () => search.queue || undefined
  const shown = () => queues.rows.filter((row) => queue() === undefined || row.id === queue())
  const tabs = () =>
    listStages.map((list) => {
      const count = countOf(list, shown())
      const title = count === undefined ? titles[list] : `${titles[list]} ${formatCount(count)}`
      return { href: jobsHref({ list, queue: queue() }), title, current: list === stage() }
    })

  return (
    <Page>
      <PageTitle
        title="Jobs"
        words="Background work of plugins: recorded before it begins, and tried until it has an outcome."
      />
      <LiveView of={queues}>
        <Show
          when={queues.rows.length > 0}
          fallback={<EmptyState title="No queues" words="They come with the plugins that have jobs." />}
        >
          <div class="flex flex-col gap-5">
            {/* Of one that was chosen the jobs are what somebody came for, not all that is above them. */}
            <JobQueuesCard rows={shown().length > 0 ? shown() : queues.rows} chosen={queue()} list={stage()} />
            <div>
              <LinkTabs label="Jobs by where they are" tabs={tabs()} />
              <SelectInput
                label="Queue"
                class="mb-4 max-w-sm"
                value={queue() ?? ''}
                options={[
                  { value: '', title: 'All queues' },
                  ...queues.rows.map(({ id }) => ({ value: id, title: id })),
                ]}
                onChange={(chosen) => setSearch({ queue: chosen === '' ? undefined : chosen })}
              />
              <Show
                when={stage() === 'running'}
                fallback={<JobListCard stage={stage()} queue={queue()} queues={shown()} />}
              >
                <RunningJobsCard
                  of={running}
                  rows={running.rows.filter((row) => row.isLeased && (queue() === undefined || row.job === queue()))}
                  count={countOf('running', shown()) ?? 0}
                  queue={queue()}
                />
              </Show>
            </div>
          </div>
        </Show>
      </LiveView>
    </Page>
  )
}
