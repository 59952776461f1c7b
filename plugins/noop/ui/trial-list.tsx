import FlaskConical from 'lucide-solid/icons/flask-conical'
import { For, type JSX, Show } from 'solid-js'
import { Card, EmptyState, formatCount, StatusPill } from '#web/ui'
import type { Trial } from './create-trials.ts'

const looks = {
  'under-way': { tone: 'busy', title: 'Under way' },
  done: { tone: 'normal', title: 'Answered' },
  failed: { tone: 'warning', title: 'Failed' },
} as const

/** What was tried and what came of it, the latest first. */
export function TrialList(props: { readonly trials: readonly Trial[] }): JSX.Element {
  return (
    <Card title="What came of it" flush>
      <Show
        when={props.trials.length > 0}
        fallback={
          <EmptyState
            icon={<FlaskConical aria-hidden="true" />}
            title="Nothing tried yet"
            words="Press a button above; what comes of it is listed here."
          />
        }
      >
        <ul class="divide-y divide-line" aria-live="polite">
          <For each={props.trials}>
            {(trial) => (
              <li class="flex flex-wrap items-start gap-x-3 gap-y-1 px-4 py-2.5 text-sm sm:px-5" data-testid="trial">
                <StatusPill tone={looks[trial.outcome].tone}>{looks[trial.outcome].title}</StatusPill>
                <div class="min-w-0 flex-1 basis-56">
                  <p class="font-medium">{trial.what}</p>
                  <p class="wrap-anywhere text-ink-muted">{trial.words}</p>
                </div>
                <Show when={trial.outcome !== 'under-way'}>
                  <span class="text-ink-muted tabular-nums">{formatCount(trial.tookMs)} ms</span>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Card>
  )
}
