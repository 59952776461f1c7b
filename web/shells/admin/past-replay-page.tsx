import { createResource, For, type JSX, Match, onCleanup, Show, Switch } from 'solid-js'
import { Card, EmptyState, ErrorPanel, InlineNotice, Loading } from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { loadSubjects } from './past-api.ts'
import { PastFrame } from './past-frame.tsx'
import { loadReplays } from './replay-api.ts'
import { ReplayCard } from './replay-card.tsx'
import { ReplayForm } from './replay-form.tsx'

const lookEveryMs = 1_000

/** A slice of history through a projection, into tables of its own: to see what it gives, and how that differs. */
export function PastReplayPage(): JSX.Element {
  const subjects = createLoaded(
    () => true,
    (_, signal) => loadSubjects(signal),
  )
  const [replays, { refetch }] = createResource(() => loadReplays())
  const timer = setInterval(() => {
    const isRunning = replays.latest?.some(({ phase }) => phase === 'running')
    if (isRunning && !document.hidden) void refetch()
  }, lookEveryMs)
  onCleanup(() => clearInterval(timer))
  return (
    <PastFrame words="What a projection makes of a slice of history, beside the live rows and without touching them.">
      <Switch>
        <Match when={subjects.state() === 'failed'}>
          <ErrorPanel
            title="Nothing can be replayed"
            words={subjects.words() ?? ''}
            onRetry={() => subjects.reload()}
          />
        </Match>
        <Match when={subjects.value()}>
          {(known) => <ReplayForm subjects={known()} onBegun={() => void refetch()} />}
        </Match>
      </Switch>
      <Show when={replays.error}>
        <InlineNotice class="mb-4">{replays.error instanceof Error ? replays.error.message : ''}</InlineNotice>
      </Show>
      <Show when={!replays.error}>
        <For
          each={replays.latest ?? []}
          fallback={
            <Card flush>
              <Show when={!replays.loading} fallback={<Loading label="Loading replays" lineCount={3} />}>
                <EmptyState
                  title="No replay yet"
                  words="A replay starts from empty tables and is kept until it is dropped; the last three at most."
                />
              </Show>
            </Card>
          }
        >
          {(replay) => <ReplayCard replay={replay} onChange={() => void refetch()} />}
        </For>
      </Show>
    </PastFrame>
  )
}
