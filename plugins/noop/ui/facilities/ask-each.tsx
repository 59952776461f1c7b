import type { JSX } from 'solid-js'
import { Button, Card } from '#web/ui'
import { type Service, services } from '../../shared/services.ts'
import { createTrials } from '../create-trials.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { titleOf } from '../service-select.tsx'
import { TrialList } from '../trial-list.tsx'

/** A page that asks one service, or all of them at once, the same thing. */
export function AskEachPage(props: {
  readonly title: string
  readonly words: string
  ask(service: Service): Promise<string>
}): JSX.Element {
  const { trials, tryOut, isTrying } = createTrials()
  const ask = (service: Service): void => void tryOut(titleOf[service], () => props.ask(service))
  return (
    <NoopFrame title={props.title} words={props.words}>
      <Card title="Ask">
        <div class="flex flex-wrap gap-2">
          <Button tone="primary" data-testid="ask-all" busy={isTrying()} onClick={() => services.map(ask)}>
            All services
          </Button>
          {services.map((service) => (
            <Button onClick={() => ask(service)}>{titleOf[service]}</Button>
          ))}
        </div>
      </Card>
      <TrialList trials={trials()} />
    </NoopFrame>
  )
}
