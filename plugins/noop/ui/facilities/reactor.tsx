import type { JSX } from 'solid-js'
import { Button, Card } from '#web/ui'
import { createTrials } from '../create-trials.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { TrialList } from '../trial-list.tsx'
import { CounterCard } from './counter-card.tsx'
import { useCounter } from './use-counter.ts'

/** What is done about an event: a hundred or more is noted, less is not. */
export function Screen(): JSX.Element {
  const { counters, add, drop } = useCounter()
  const { trials, tryOut } = createTrials()
  return (
    <NoopFrame
      title="Reactor"
      words="Whoever adds a hundred or more has it noted by the reactor noop.large-counts, once."
    >
      <Card title="Cause something">
        <div class="flex flex-wrap gap-2">
          <Button tone="primary" onClick={() => void tryOut('Add 100: noted', () => add(100))}>
            Add 100
          </Button>
          <Button onClick={() => void tryOut('Add 99: not noted', () => add(99))}>Add 99</Button>
          <Button onClick={() => void tryOut('Drop the counter', drop)}>Drop the counter</Button>
        </div>
      </Card>
      <CounterCard counters={counters} words="Reactions count what was noted." />
      <TrialList trials={trials()} />
    </NoopFrame>
  )
}
