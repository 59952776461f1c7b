import { createSignal, For, type JSX, Show } from 'solid-js'
import { Button, InlineNotice, Progress, RelativeTime, showToast } from '#web/ui'
import { cancelParkingWork, type ParkingWork } from './parked-projections-api.ts'
import { outcomeWords, workProgress, workTitle } from './parked-projections-words.ts'

const shownCountMax = 3

/** What is done about parked events just now, and how the last of it went. */
export function ParkingWorkList(props: {
  readonly projection: string
  readonly works: readonly ParkingWork[]
  onChange(): void
}): JSX.Element {
  const shown = () => props.works.slice(0, shownCountMax)
  const find = (id: string) => props.works.find((work) => work.id === id)
  return (
    <Show when={shown().length > 0}>
      <ul aria-label="What was done" class="divide-y divide-line border-b border-line" data-testid="parking-works">
        <For each={shown().map(({ id }) => id)}>
          {(id) => (
            <Show when={find(id)}>
              {(work) => (
                <li class="px-4 py-3 text-sm sm:px-5">
                  <Show when={work().state === 'running'} fallback={<Ended work={work()} />}>
                    <Running {...props} work={work()} />
                  </Show>
                </li>
              )}
            </Show>
          )}
        </For>
      </ul>
    </Show>
  )
}

function Running(props: { readonly projection: string; readonly work: ParkingWork; onChange(): void }): JSX.Element {
  const [isCancelling, setCancelling] = createSignal(false)
  async function cancel(): Promise<void> {
    setCancelling(true)
    try {
      await cancelParkingWork(props.projection, props.work.id)
    } catch (error) {
      showToast(error instanceof Error ? error.message : String(error))
    } finally {
      setCancelling(false)
      props.onChange()
    }
  }
  const share = () => (props.work.totalCount > 0 ? props.work.doneCount / props.work.totalCount : undefined)
  return (
    <div class="flex flex-wrap items-center gap-3">
      <div class="min-w-0 flex-1 basis-64">
        <Progress label={workTitle(props.work)} value={share()} words={workProgress(props.work)} />
      </div>
      <Button busy={isCancelling()} onClick={() => void cancel()}>
        Cancel
      </Button>
    </div>
  )
}

function Ended(props: { readonly work: ParkingWork }): JSX.Element {
  const state = () => ({ running: '', done: 'done', cancelled: 'cancelled', failed: 'failed' })[props.work.state]
  return (
    <Show
      when={props.work.state === 'failed'}
      fallback={
        <p class="wrap-anywhere">
          <span class="font-medium">
            {workTitle(props.work)}: {state()}.
          </span>{' '}
          {outcomeWords(props.work)} <WhenAndWho work={props.work} />
        </p>
      }
    >
      <InlineNotice tone="warning">
        <span class="font-medium">{workTitle(props.work)} failed.</span> {outcomeWords(props.work)}{' '}
        <WhenAndWho work={props.work} />
      </InlineNotice>
    </Show>
  )
}

function WhenAndWho(props: { readonly work: ParkingWork }): JSX.Element {
  return (
    <span class="text-xs text-ink-muted">
      {props.work.by}, <RelativeTime at={props.work.endedAt ?? props.work.startedAt} />
    </span>
  )
}
