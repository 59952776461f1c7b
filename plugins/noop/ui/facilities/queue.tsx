import type { JSX } from 'solid-js'
import { useRpc } from '#web/sdk'
import { Button, Card } from '#web/ui'
import { PutIntoQueue } from '../../shared/rpcs.ts'
import { createTrials } from '../create-trials.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { TrialList } from '../trial-list.tsx'
import { CounterCard } from './counter-card.tsx'
import { useCounter } from './use-counter.ts'

const numbers = [1, 2, 3]

/** Actions that an agent keeps on its disk until logic has answered them. */
export function Screen(): JSX.Element {
  const { counterId, counters, drop } = useCounter()
  const putting = useRpc(PutIntoQueue)
  const { trials, tryOut } = createTrials()
  const put = async (): Promise<string> => {
    const { putCount } = await putting.call({ counterId, numbers })
    return `${putCount} actions are on the disk of the agent; together they add 6`
  }
  return (
    <NoopFrame
      title="Queue"
      words="An agent puts actions on its own disk, the last one twice. They reach logic once each, also when the link was cut meanwhile."
    >
      <Card title="Put actions on the agent’s disk">
        <div class="flex flex-wrap gap-2">
          <Button tone="primary" data-testid="put" onClick={() => void tryOut('Put three actions', put)}>
            Put three
          </Button>
          <Button onClick={() => void tryOut('Drop the counter', drop)}>Drop the counter</Button>
        </div>
      </Card>
      <CounterCard counters={counters} words="Of this page alone." />
      <TrialList trials={trials()} />
    </NoopFrame>
  )
}
