import { createSignal, type JSX } from 'solid-js'
import { makeUuid, useRpc } from '#web/sdk'
import { Button, Card, TextInput } from '#web/ui'
import { sampleOf } from '../../shared/everything.ts'
import { UseRest } from '../../shared/rpcs.ts'
import { createTrials } from '../create-trials.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { TrialList } from '../trial-list.tsx'

/** The REST site of an agent, asked by the agent itself like by a program outside. */
export function Screen(): JSX.Element {
  const [key, setKey] = createSignal('')
  const using = useRpc(UseRest)
  const { trials, tryOut, isTrying } = createTrials()
  const ask = async (): Promise<string> => {
    const { seen } = await using.call({ key: key().trim(), ...sampleOf(makeUuid()) })
    return seen.join('; ')
  }
  return (
    <NoopFrame
      title="REST"
      words="An agent asks its own site, POST /p/noop/values, like a program outside: without a key, with a wrong one, and with yours."
    >
      <Card title="Ask the site" words="Keys are made on the page API keys of the admin app, with the scope noop:echo.">
        <div class="flex flex-wrap items-end gap-3">
          <TextInput
            label="API key, may be left out"
            type="password"
            autocomplete="off"
            class="w-72 max-w-full"
            value={key()}
            onInput={setKey}
          />
          <Button
            tone="primary"
            data-testid="ask-rest"
            busy={isTrying()}
            onClick={() => void tryOut(key().trim() === '' ? 'Without a key' : 'With a key', ask)}
          >
            Ask
          </Button>
        </div>
      </Card>
      <TrialList trials={trials()} />
    </NoopFrame>
  )
}
