import { type JSX, Show } from 'solid-js'
import type { ObservableHandle } from '#web/sdk'
import { Card, Figure, Figures, LiveView } from '#web/ui'
import type { Counter } from '../../shared/tuples.ts'

/** The page's own counter, as it is watched. */
export function CounterCard(props: {
  readonly counters: ObservableHandle<typeof Counter>
  readonly words: string
}): JSX.Element {
  const counter = () => props.counters.rows[0]
  return (
    <Card title="The counter" words={props.words}>
      <LiveView of={props.counters}>
        <Show when={counter()} fallback={<p class="text-sm text-ink-muted">There is none yet: add to it.</p>}>
          {(row) => (
            <Figures testId="counter">
              <Figure title="Value">{row().value}</Figure>
              <Figure title="Reactions">{row().reactions}</Figure>
            </Figures>
          )}
        </Show>
      </LiveView>
    </Card>
  )
}
