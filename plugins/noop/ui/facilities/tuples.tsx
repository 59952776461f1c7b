import { createSignal, type JSX } from 'solid-js'
import { makeUuid, useRpc } from '#web/sdk'
import { Button, Card, JsonView } from '#web/ui'
import { sampleOf } from '../../shared/everything.ts'
import { Echo, Relay } from '../../shared/rpcs.ts'
import { onEach, type Service } from '../../shared/services.ts'
import { createTrials } from '../create-trials.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { ServiceSelect, titleOf } from '../service-select.tsx'
import { TrialList } from '../trial-list.tsx'

/** A value of every field type, from this screen to a service and back, also by way of another. */
export function Screen(): JSX.Element {
  const echo = onEach((service) => useRpc(Echo[service]))
  const relay = onEach((service) => useRpc(Relay[service]))
  const [to, setTo] = createSignal<Service>('agent')
  const [by, setBy] = createSignal<Service>('logic')
  const sample = sampleOf(makeUuid())
  const { trials, tryOut } = createTrials()
  const compare = ({ heardOn, ...back }: { readonly heardOn: string }): string => {
    const names = Object.keys(sample).toSorted()
    const isEqual = JSON.stringify(back, names) === JSON.stringify(sample, names)
    return `${isEqual ? 'Equal' : `Not equal: ${JSON.stringify(back)}`}, heard on ${heardOn}`
  }

  return (
    <NoopFrame title="Tuples" words="A value of every field type, sent from this screen to a service and back.">
      <Card title="Send it">
        <div class="mb-4 flex flex-wrap items-end gap-3">
          <ServiceSelect label="To" value={to()} onChange={setTo} />
          <Button
            tone="primary"
            data-testid="send"
            onClick={() =>
              void tryOut(`To ${titleOf[to()]} and back`, async () => compare(await echo[to()].call(sample)))
            }
          >
            Send
          </Button>
          <ServiceSelect label="By way of" value={by()} onChange={setBy} />
          <Button
            onClick={() =>
              void tryOut(`By way of ${titleOf[by()]} to ${titleOf[to()]} and back`, async () =>
                compare(await relay[by()].call({ to: to(), ...sample })),
              )
            }
          >
            Send it that way
          </Button>
        </div>
        <JsonView label="What is sent" value={sample} />
      </Card>
      <TrialList trials={trials()} />
    </NoopFrame>
  )
}
