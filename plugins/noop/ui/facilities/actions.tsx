import type { JSX } from 'solid-js'
import { Button, Card } from '#web/ui'
import { createTrials } from '../create-trials.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { TrialList } from '../trial-list.tsx'
import { CounterCard } from './counter-card.tsx'
import { useCounter } from './use-counter.ts'

/** Actions that are accepted and refused, with their effect. */
export function Screen(): JSX.Element {
  const { counters, add, drop } = useCounter()
  const { trials, tryOut } = createTrials()
  return (
    <NoopFrame
      title="Actions"
      words="An action travels to logic, is decided there, and its effect comes back as a row."
    >
      <Card title="Push one">
        <div class="flex flex-wrap gap-2">
          <Button tone="primary" data-testid="add-one" onClick={() => void tryOut('Add 1', () => add(1))}>
            Add 1
          </Button>
          <Button onClick={() => void tryOut('Add 0, which is refused', () => add(0))}>Add 0: refused</Button>
          <Button onClick={() => void tryOut('Drop the counter', drop)}>Drop the counter</Button>
        </div>
      </Card>
      <CounterCard counters={counters} words="Of this page alone." />
      <TrialList trials={trials()} />
    </NoopFrame>
  )
}
