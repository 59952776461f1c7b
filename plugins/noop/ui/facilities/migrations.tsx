import type { JSX } from 'solid-js'
import { makeUuid, useRpc } from '#web/sdk'
import { Button, Card } from '#web/ui'
import { KeepNote, RunJob } from '../../shared/rpcs.ts'
import { createTrials } from '../create-trials.ts'
import { NoopFrame } from '../noop-frame.tsx'
import { TrialList } from '../trial-list.tsx'

/** A row in a table that a migration of the plugin has made, by logic and by a job on a worker. */
export function Screen(): JSX.Element {
  const keeping = useRpc(KeepNote)
  const running = useRpc(RunJob)
  const { trials, tryOut } = createTrials()
  const byLogic = async (): Promise<string> => {
    const wanted = `written at ${new Date().toISOString()}`
    const { schema, words } = await keeping.call({ id: makeUuid(), words: wanted })
    return `${words === wanted ? 'read as it was written' : `read "${words}"`}, in the schema ${schema}, and taken away`
  }
  return (
    <NoopFrame
      title="Migrations"
      words="The plugin’s migrations made a table in its own schema. A row is written into it, read, and taken away."
    >
      <Card title="Write a row">
        <div class="flex flex-wrap gap-2">
          <Button tone="primary" data-testid="note" onClick={() => void tryOut('By the part on logic', byLogic)}>
            By logic
          </Button>
          <Button
            onClick={() => void tryOut('By a job on a worker', async () => (await running.call({ job: 'Note' })).words)}
          >
            By a job
          </Button>
        </div>
      </Card>
      <TrialList trials={trials()} />
    </NoopFrame>
  )
}
