import { createSignal, type JSX } from 'solid-js'
import { makeUuid, useRpc } from '#web/sdk'
import { Button, Card } from '#web/ui'
import { sampleOf } from '../../shared/everything.ts'
import { Carry, Echo, NobodyListens, OnlyForWorkers, Ping, Throw, Wait } from '../../shared/rpcs.ts'
import { onEach, type Service } from '../../shared/services.ts'
import { createTrials } from '../create-trials.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { ServiceSelect, titleOf } from '../service-select.tsx'
import { TrialList } from '../trial-list.tsx'

const pieceSize = 16_000
const lateMs = 5_000

/** Calls from this screen: answered ones, and each way in which one fails. */
export function Screen(): JSX.Element {
  const ping = onEach((service) => useRpc(Ping[service]))
  const [to, setTo] = createSignal<Service>('agent')
  const carry = useRpc(Carry)
  const wait = useRpc(Wait)
  const throwing = useRpc(Throw)
  const onlyForWorkers = useRpc(OnlyForWorkers)
  const nobody = useRpc(NobodyListens)
  const echo = useRpc(Echo.agent)
  const { trials, tryOut } = createTrials()
  const answered = () => 'It was answered.'

  return (
    <NoopFrame title="Calls" words="From this screen through its service and logic to another one, and back.">
      <Card title="Call a service">
        <div class="flex flex-wrap items-end gap-3">
          <ServiceSelect label="Service" value={to()} onChange={setTo} />
          <Button
            tone="primary"
            data-testid="ping"
            onClick={() => void tryOut(`Call ${titleOf[to()]}`, async () => (await ping[to()].call({})).words)}
          >
            Call
          </Button>
        </div>
      </Card>
      <Card title="Call the agent in ways that are large, late or wrong">
        <div class="flex flex-wrap gap-2">
          <Button
            onClick={() =>
              void tryOut('A large one', async () => {
                const pieces = Array.from({ length: 10 }, (_, n) => String(n).repeat(pieceSize))
                const { pieces: back } = await carry.call({ pieces })
                return back.join() === pieces.join() ? 'It came back unchanged.' : 'It came back changed.'
              })
            }
          >
            Large
          </Button>
          <Button
            onClick={() =>
              void tryOut('A late one: given up after a second', () =>
                wait.call({ token: makeUuid(), ms: lateMs }, { timeoutMs: 1_000 }).then(answered),
              )
            }
          >
            Late
          </Button>
          <Button
            onClick={() => void tryOut('One that throws', () => throwing.call({ words: 'as asked' }).then(answered))}
          >
            Throwing
          </Button>
          <Button onClick={() => void tryOut('Not for screens', () => onlyForWorkers.call({}).then(answered))}>
            Not for screens
          </Button>
          <Button onClick={() => void tryOut('Nobody listens', () => nobody.call({}).then(answered))}>
            Nobody listens
          </Button>
          <Button
            onClick={() =>
              void tryOut('Half a number', () => echo.call({ ...sampleOf(makeUuid()), whole: 1.5 }).then(answered))
            }
          >
            Wrong input
          </Button>
        </div>
      </Card>
      <TrialList trials={trials()} />
    </NoopFrame>
  )
}
