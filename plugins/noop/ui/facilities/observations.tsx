import type { JSX } from 'solid-js'
import { Button, Card } from '#web/ui'
import { createTrials } from '../create-trials.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { TrialList } from '../trial-list.tsx'
import { CounterCard } from './counter-card.tsx'
import { useCounter } from './use-counter.ts'

/** Watching and not watching: while nobody watches, changes go by unseen and are there when somebody watches again. */
export function Screen(): JSX.Element {
  const { counters, add, isWatched, setWatched } = useCounter()
  const { trials, tryOut } = createTrials()
  return (
    <NoopFrame
      title="Observations"
      words="Watch the counter, stop watching, change it meanwhile, and watch again. Cut the network: it goes on where it was."
    >
      <Card title="Watch">
        <div class="flex flex-wrap gap-2">
          <Button tone="primary" aria-pressed={isWatched()} onClick={() => setWatched(!isWatched())}>
            {isWatched() ? 'Stop watching' : 'Watch'}
          </Button>
          <Button onClick={() => void tryOut('Add 1', () => add(1))}>Add 1</Button>
        </div>
      </Card>
      <CounterCard counters={counters} words={isWatched() ? 'Watched.' : 'Not watched just now.'} />
      <TrialList trials={trials()} />
    </NoopFrame>
  )
}
